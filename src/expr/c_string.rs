//! Strings as the kernel keeps them: ended by a NUL, of bytes that need not be UTF-8.

/// The string with its NUL.
#[must_use]
pub fn write(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 1);
    bytes.extend(text.as_bytes());
    bytes.push(0);
    bytes
}

/// The inverse of [`write()`]: up to the first NUL, if there is one. What is not UTF-8 becomes U+FFFD.
#[must_use]
pub fn read(bytes: &[u8]) -> String {
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_and_the_rest_is_no_string() {
        assert_eq!(read(&write("eth0")), "eth0");
        assert_eq!(read(b"eth0"), "eth0");
        assert_eq!(read(b"et\xff\0h0"), "et\u{fffd}");
        assert_eq!(read(b""), "");
    }
}
