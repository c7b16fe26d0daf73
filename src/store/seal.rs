//! Seals values at rest: AES-256-GCM, bound to tenant, table and row, so that a value copied to another row does not open.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use postern_api::{Error, Result};
use std::io::Write;
use std::path::Path;
use zeroize::Zeroizing;

/// The key that seals.
pub struct SealKey {
    key: RandomizedNonceKey,
    /// Where it is kept, for whoever has to put the right one there.
    file: String,
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(..)")
    }
}

impl SealKey {
    /// The key of a data directory, made on first use.
    pub fn of(dir: &Path) -> Result<Self> {
        let path = dir.join("seal.key");
        let bytes = secret_file::<32>(&path)?;
        let file = path.display().to_string();
        let key = RandomizedNonceKey::new(&AES_256_GCM, &*bytes);
        Ok(Self { key: key.map_err(|_| Error::internal(format!("key file {file} holds no key")))?, file })
    }

    fn broken<E>(&self, _: E) -> Error {
        let file = &self.file;
        let words = "put the key file back that this data was written with";
        Error::internal(format!("a sealed value does not open with the key in {file}; {words}"))
    }

    /// Seals a value for one place.
    pub fn seal(&self, place: &[&str], value: &[u8]) -> Result<Vec<u8>> {
        let mut sealed = value.to_vec();
        let nonce =
            self.key.seal_in_place_append_tag(Aad::from(bound_to(place)), &mut sealed).map_err(|e| self.broken(e))?;
        let mut out = nonce.as_ref().to_vec();
        out.append(&mut sealed);
        Ok(out)
    }

    /// Opens a value at the place it was sealed for; anywhere else it is an error.
    pub fn open(&self, place: &[&str], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let (nonce, value) = sealed.split_at_checked(NONCE_LEN).ok_or_else(|| self.broken(()))?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|e| self.broken(e))?;
        let mut value = Zeroizing::new(value.to_vec());
        let opened = self.key.open_in_place(nonce, Aad::from(bound_to(place)), &mut value);
        let length = opened.map_err(|e| self.broken(e))?.len();
        value.truncate(length);
        Ok(value)
    }
}

/// The parts of a place, each with its length, so that no two places read the same.
fn bound_to(place: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in place {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

/// Random bytes kept in a file that only its owner may read; made on first use.
pub(crate) fn secret_file<const N: usize>(path: &Path) -> Result<Zeroizing<[u8; N]>> {
    let failed = |e: std::io::Error| Error::internal(format!("key file {}", path.display())).because(e);
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(failed)?;
    }
    // Random numbers are drawn for a new file alone: the first of a process cost tens of milliseconds.
    if !path.try_exists().map_err(failed)? {
        let mut bytes = Zeroizing::new([0_u8; N]);
        aws_lc_rs::rand::fill(&mut *bytes).map_err(|_| Error::internal("no random numbers"))?;
        match private(path).and_then(|mut file| file.write_all(&*bytes).and_then(|()| file.sync_all())) {
            Ok(()) => return Ok(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
    }
    let kept = Zeroizing::new(std::fs::read(path).map_err(failed)?);
    let kept = kept
        .as_slice()
        .try_into()
        .map_err(|_| Error::internal(format!("key file {} has another length", path.display())))?;
    Ok(Zeroizing::new(kept))
}

/// Draws the process's first random number, so that nobody waits for it later: the generator gathers its own noise before it.
pub(crate) fn draw_first_random_number() {
    if aws_lc_rs::rand::fill(&mut [0_u8]).is_err() {
        tracing::error!("there are no random numbers");
    }
}

/// A new file that only its owner may read or write.
fn private(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l04_a_sealed_value_opens_at_its_own_place_only() {
        let dir = tempfile::tempdir().expect("a directory");
        let key = SealKey::of(dir.path()).expect("a key");
        let sealed = key.seal(&["acme-msp", "confirmation", "1"], b"secret").expect("seals");
        assert!(!sealed.windows(6).any(|it| it == b"secret"));
        assert_eq!(&**key.open(&["acme-msp", "confirmation", "1"], &sealed).expect("opens"), b"secret");
        assert!(key.open(&["other-msp", "confirmation", "1"], &sealed).is_err());
        assert!(key.open(&["acme-msp", "confirmation", "2"], &sealed).is_err());
        assert!(key.open(&["acme-mspconfirmation", "", "1"], &sealed).is_err());
        let again = SealKey::of(dir.path()).expect("the same key");
        assert!(again.open(&["acme-msp", "confirmation", "1"], &sealed).is_ok());
    }

    #[test]
    fn a_key_file_that_was_lost_is_named_by_whatever_does_not_open() {
        let dir = tempfile::tempdir().expect("a directory");
        let sealed = SealKey::of(dir.path()).expect("a key").seal(&["a"], b"secret").expect("seals");
        let file = dir.path().join("seal.key");
        std::fs::remove_file(&file).expect("is removed");
        let error = SealKey::of(dir.path()).expect("another key").open(&["a"], &sealed).expect_err("another key");
        assert!(format!("{error:?}").contains(&file.display().to_string()), "{error:?}");
    }

    #[cfg(unix)]
    #[test]
    fn l05_a_key_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a directory");
        SealKey::of(dir.path()).expect("a key");
        let mode = std::fs::metadata(dir.path().join("seal.key")).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
