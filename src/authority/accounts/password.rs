//! Passwords: argon2id with the parameters that OWASP recommends (Password Storage Cheat Sheet: 19 MiB, two passes, one lane).
//!
//! **Invariant:** at most [`AT_ONCE`] are hashed at once and [`WAITING`] wait; who comes beyond that is told to come again. A
//! flood of sign-ins takes neither the workers nor the memory.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::rand;
use postern_api::{Error, ErrorKind, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Passwords hashed at once: 19 MiB and a core each.
pub const AT_ONCE: usize = 2;
/// Sign-ins that may wait for their turn.
pub const WAITING: usize = 64;
/// The shortest password, in characters.
pub const MIN_LENGTH: usize = 12;
/// The longest, in bytes: hashing more would be work for nothing.
pub const MAX_BYTES: usize = 512;
const SALT_BYTES: usize = 16;

/// The commonest passwords that are long enough, without their spaces and in lower case.
const COMMONEST: [&str; 24] = [
    "123456789012",
    "1234567890123",
    "12345678901234567890",
    "1234567891011",
    "123123123123",
    "111111111111",
    "000000000000",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "qwertyuiop123",
    "qwertyuiop12",
    "qwertyuiopasdfghjkl",
    "qwerty123456",
    "abcdefghijkl",
    "abcd12345678",
    "password1234",
    "password12345",
    "password123456",
    "passwordpassword",
    "iloveyou1234",
    "letmeinletmein",
    "administrator",
    "administrator1",
    "correcthorsebatterystaple",
];

/// What is wrong with a new password, in words for whoever chose it.
pub fn problem(password: &str, email: &str) -> Option<&'static str> {
    let plain: String = password.chars().filter(|it| !it.is_whitespace()).flat_map(char::to_lowercase).collect();
    let mailbox = email.split('@').next().unwrap_or_default();
    let first = plain.chars().next();
    if password.chars().count() < MIN_LENGTH {
        Some("a password needs at least 12 characters")
    } else if password.len() > MAX_BYTES {
        Some("a password has at most 512 bytes")
    } else if plain == email || plain == format!("{mailbox}{mailbox}") {
        Some("the password is the e-mail address; choose another")
    } else if COMMONEST.contains(&plain.as_str()) || plain.chars().all(|it| Some(it) == first) {
        Some("this is one of the commonest passwords; choose another")
    } else {
        None
    }
}

/// Hashes and compares passwords.
#[derive(Debug)]
pub struct Hasher {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// A hash of nothing that anybody knows, compared with where there is no account.
    nobody: String,
}

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|_| Error::internal("argon2 parameters"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes a password now, on this thread: for the command line.
pub fn hash_now(password: &str) -> Result<String> {
    let mut salt = [0_u8; SALT_BYTES];
    rand::fill(&mut salt).map_err(|_| Error::internal("no random numbers"))?;
    let hash = argon2()?.hash_password_with_salt(password.as_bytes(), &salt);
    Ok(hash.map_err(|_| Error::internal("argon2"))?.to_string())
}

impl Hasher {
    /// A hasher with the usual bounds.
    pub fn new() -> Result<Self> {
        // Of the same cost as any hash; that nobody's password gives it is what matters.
        let nobody =
            "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        PasswordHash::new(nobody).map_err(|_| Error::internal("argon2"))?;
        Ok(Self { turns: Arc::new(Semaphore::new(AT_ONCE)), waiting: AtomicUsize::new(0), nobody: nobody.to_owned() })
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: Zeroizing<String>) -> Result<String> {
        self.turn(move || hash_now(&password)).await?
    }

    /// Whether a password is the one of a hash. Without a hash it is not, after the same work.
    pub async fn is(&self, password: Zeroizing<String>, hash: Option<&str>) -> Result<bool> {
        let compared = hash.unwrap_or(&self.nobody).to_owned();
        let same = self
            .turn(move || {
                let argon2 = argon2()?;
                let hash = PasswordHash::new(&compared).map_err(|_| Error::internal("a stored hash"))?;
                Ok::<_, Error>(argon2.verify_password(password.as_bytes(), &hash).is_ok())
            })
            .await??;
        Ok(same && hash.is_some())
    }

    async fn turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let place = Place::take(&self.waiting)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Error::internal("hashing has ended"))?;
        drop(place);
        let work = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        work.await.map_err(|e| Error::internal("hashing").because(e))
    }
}

#[cfg(test)]
impl Hasher {
    /// Takes every turn, so that whoever hashes waits until they are given back.
    pub(crate) async fn take_all_turns(&self) -> tokio::sync::OwnedSemaphorePermit {
        Arc::clone(&self.turns).acquire_many_owned(AT_ONCE as u32).await.expect("turns")
    }

    /// How many wait for a turn.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }
}

/// A place among those who wait, given back also by who hangs up.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Result<Self> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::AcqRel) >= WAITING {
            return Err(Error::new(ErrorKind::Unavailable, "too many sign-ins at once; try again in a moment"));
        }
        Ok(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(it: &str) -> Zeroizing<String> {
        Zeroizing::new(it.to_owned())
    }

    #[tokio::test]
    async fn a_password_is_the_one_that_was_hashed_and_each_hash_is_salted() {
        let hasher = Hasher::new().expect("a hasher");
        let hash = hasher.hash(text("a long enough password")).await.expect("hashes");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, hash_now("a long enough password").expect("hashes"));
        assert!(hasher.is(text("a long enough password"), Some(&hash)).await.expect("compares"));
        assert!(!hasher.is(text("a long enough passwore"), Some(&hash)).await.expect("compares"));
        assert!(!hasher.is(text("a long enough password"), None).await.expect("compares"));
    }

    #[test]
    fn short_common_and_own_addresses_are_refused_and_no_mixture_is_asked_for() {
        for bad in ["short", "elevenchars", "passwordpassword", "Password 1234", "aaaaaaaaaaaaaa", "jane@acme.example"]
        {
            assert!(problem(bad, "jane@acme.example").is_some(), "{bad}");
        }
        assert!(problem(&"x y".repeat(300), "jane@acme.example").is_some());
        for good in ["only lower case words", "zwölf Zeichen"] {
            assert_eq!(problem(good, "jane@acme.example"), None, "{good}");
        }
    }

    #[tokio::test]
    async fn d03_a_flood_of_sign_ins_is_hashed_two_at_once_and_what_does_not_fit_is_told_to_come_again() {
        let hasher = Hasher::new().expect("a hasher");
        let (at_once, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = || {
            let (at_once, most) = (at_once.clone(), most.clone());
            hasher.turn(move || {
                most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                // Long enough that the others would join in if they could.
                hash_now("a long enough password").expect("hashes");
                at_once.fetch_sub(1, Ordering::SeqCst);
            })
        };
        let all = futures::future::join_all((0..WAITING + AT_ONCE + 10).map(|_| work())).await;
        assert_eq!(all.iter().filter(|it| it.is_err()).count(), 10);
        assert_eq!(most.load(Ordering::SeqCst), AT_ONCE);
        assert_eq!(hasher.waiting.load(Ordering::SeqCst), 0);
    }
}
