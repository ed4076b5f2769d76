//! Files of the user's that are read whole: tokens, certificates.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// More than any of them has, in bytes; a device or a pipe has no end.
const LIMIT: u64 = 16 * 1024 * 1024;

/// The content of a file. Blocks: call it off the async threads.
///
/// # Errors
/// The system's, and one of its own for a file of more than 16 MiB.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let mut file = File::open(path)?.take(LIMIT + 1);
    file.read_to_end(&mut content)?;
    if file.limit() == 0 {
        let reason = format!("it is larger than {} MiB", LIMIT >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    Ok(content)
}

/// The same, of text.
///
/// # Errors
/// As [`read`], and for what is no UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no text in UTF-8"))
}

/// Reads with one of the above, where nothing may block.
///
/// # Errors
/// As there.
pub async fn aside<T: Send + 'static>(
    path: &Path,
    read: fn(&Path) -> io::Result<T>,
) -> io::Result<T> {
    let path = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || read(&path));
    reading.await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[tokio::test]
    async fn a_file_is_read_whole_or_not_at_all() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all("tök".as_bytes()).unwrap();
        assert_eq!(read_text(file.path()).unwrap(), "tök");
        assert_eq!(aside(file.path(), read).await.unwrap(), "tök".as_bytes());
        file.as_file().set_len(LIMIT).unwrap();
        assert_eq!(read(file.path()).unwrap().len() as u64, LIMIT);
        file.as_file().set_len(LIMIT + 1).unwrap();
        let refused = aside(file.path(), read).await.unwrap_err();
        assert_eq!(refused.to_string(), "it is larger than 16 MiB");
        assert!(read(Path::new("/nonexistent")).is_err());
        file.as_file().set_len(2).unwrap();
        assert!(read_text(file.path()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_device_without_an_end_is_refused() {
        assert!(read(Path::new("/dev/zero")).is_err());
    }
}
