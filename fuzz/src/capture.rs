//! Captures from any bytes: no panic, and no more frames and bytes than there can be.

use nsfw::traffic::recording;

/// Reads a capture.
pub fn holds(bytes: &[u8]) {
    match recording::read(bytes) {
        Ok(frames) => {
            let read: usize = frames.iter().map(|frame| frame.bytes.len()).sum();
            assert!(read <= bytes.len(), "{read} bytes of frames in {}", bytes.len());
            // The least that a file needs for a packet: the header in front of it.
            assert!(frames.len() <= bytes.len() / 16, "{} frames in {} bytes", frames.len(), bytes.len());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
