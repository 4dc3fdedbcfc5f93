//! A network that many tests of experiments want.

/// Two nodes and a wire: `a` has 10.0.0.1, `b` has 10.0.0.2 and these rules of filter; a step's own lines follow.
pub fn pair(rules: &str) -> String {
    format!(
        "[nodes.a]\n[nodes.b]\nrules = '''\n*filter\n{rules}\nCOMMIT\n'''\n[[links]]\nendpoints = [\"a:eth0\", \"b:eth0\"]\n\
         addresses = [\"10.0.0.1/24\", \"10.0.0.2/24\"]\n"
    )
}
