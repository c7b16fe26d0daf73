//! What may go wrong inside, and what of it a caller is told.

use postern_api::{Error, ErrorKind};
use rusqlite::ErrorCode;

/// A refusal in our words, or trouble with the database.
#[derive(Debug)]
pub(crate) enum Fail {
    /// Already an answer.
    Refused(Error),
    /// The database's own error.
    Sql(rusqlite::Error),
}

pub(crate) type Result<T> = std::result::Result<T, Fail>;

impl From<Error> for Fail {
    fn from(error: Error) -> Self {
        Fail::Refused(error)
    }
}

impl From<rusqlite::Error> for Fail {
    fn from(error: rusqlite::Error) -> Self {
        Fail::Sql(error)
    }
}

impl From<Fail> for Error {
    fn from(fail: Fail) -> Self {
        match fail {
            Fail::Refused(error) => error,
            Fail::Sql(error) => sql(error),
        }
    }
}

/// A refusal with a message for the caller.
pub(crate) fn refuse<T>(kind: ErrorKind, message: &'static str) -> Result<T> {
    Err(Fail::Refused(Error::new(kind, message)))
}

fn sql(error: rusqlite::Error) -> Error {
    let (kind, message) = match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen,
        ) => (ErrorKind::Unavailable, "the built-in service desk cannot be reached at the moment; try again shortly"),
        Some(ErrorCode::ConstraintViolation) => {
            (ErrorKind::Conflict, "the record changed meanwhile; read it again and retry")
        }
        Some(_) | None => (ErrorKind::Internal, "an internal error occurred"),
    };
    Error::new(kind, message).with("store", error.to_string())
}
