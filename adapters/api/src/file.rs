//! Which files are passed on between a customer and the service provider: by their names, their types and their sizes.
//!
//! **Invariant:** what counts is what the system itself knows of a file. A name and a type that do not fit each other are refused.

use crate::domain::Attachment;

/// The largest file that is passed on, in bytes.
pub const MOST_BYTES: u64 = 25 * 1024 * 1024;

/// What a file's name may end with, and the types that it then may have.
const KINDS: [(&str, &[&str]); 16] = [
    ("pdf", &["application/pdf"]),
    ("png", &["image/png"]),
    ("jpg", &["image/jpeg"]),
    ("jpeg", &["image/jpeg"]),
    ("gif", &["image/gif"]),
    ("webp", &["image/webp"]),
    ("heic", &["image/heic", "image/heif"]),
    ("txt", &["text/plain"]),
    ("log", &["text/plain"]),
    ("csv", &["text/csv", "text/plain"]),
    ("docx", &["application/vnd.openxmlformats-officedocument.wordprocessingml.document"]),
    ("xlsx", &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"]),
    ("pptx", &["application/vnd.openxmlformats-officedocument.presentationml.presentation"]),
    ("odt", &["application/vnd.oasis.opendocument.text"]),
    ("ods", &["application/vnd.oasis.opendocument.spreadsheet"]),
    ("eml", &["message/rfc822"]),
];

/// Endings that make a file a program or a page, also where another ending follows.
const HIDDEN: [&str; 14] =
    ["exe", "js", "vbs", "bat", "cmd", "scr", "ps1", "html", "htm", "svg", "lnk", "msi", "hta", "jar"];

/// The types of a plain name of a kind that is passed on.
fn types(name: &str) -> Option<&'static [&'static str]> {
    let plain = |c: char| c.is_alphanumeric() || " ._-()+,&'".contains(c);
    let (stem, ending) = name.rsplit_once('.')?;
    let hidden = stem.rsplit_once('.').is_some_and(|(_, it)| HIDDEN.iter().any(|bad| it.eq_ignore_ascii_case(bad)));
    if stem.trim().is_empty() || !name.chars().all(plain) || hidden {
        return None;
    }
    KINDS.iter().find(|(it, _)| ending.eq_ignore_ascii_case(it)).map(|(_, types)| *types)
}

/// Whether a file's name is a plain one of a kind that is passed on.
pub fn is_safe_name(name: &str) -> bool {
    types(name).is_some()
}

impl Attachment {
    /// Whether it is passed on: a plain name, a type that fits it, and not too large.
    pub fn is_safe(&self) -> bool {
        let bare = self.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        types(self.name.expose()).is_some_and(|it| it.contains(&bare.as_str())) && self.size <= MOST_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classified::Text;
    use crate::id::AttachmentId;

    #[test]
    fn a_file_is_passed_on_only_with_a_plain_name_of_a_safe_kind() {
        for good in ["report.pdf", "Bild 1 (neu).JPG", "log_2026-01.txt"] {
            assert!(is_safe_name(good), "{good}");
        }
        for bad in [
            "x.exe",
            "x.pdf.exe",
            "invoice.exe.pdf",
            "x.html",
            "x.svg",
            "../x.pdf",
            "a/b.pdf",
            "pdf",
            ".pdf",
            "x\u{202e}fdp.exe",
            "x.docm",
        ] {
            assert!(!is_safe_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_type_that_does_not_fit_the_name_and_what_is_too_large_is_not_passed_on() {
        let file = |name: &str, content_type: &str, size| Attachment {
            id: AttachmentId::new("A-1").expect("an id"),
            name: Text::new(name),
            content_type: content_type.to_owned(),
            size,
            created_at: jiff::Timestamp::UNIX_EPOCH,
            internal: false,
        };
        assert!(
            file("a.pdf", "application/pdf", 1).is_safe() && file("a.log", "Text/Plain; charset=utf-8", 1).is_safe()
        );
        assert!(
            !file("a.pdf", "application/x-msdownload", 1).is_safe() && !file("a.exe", "application/pdf", 1).is_safe()
        );
        assert!(!file("a.pdf", "application/pdf", MOST_BYTES + 1).is_safe() && !file("a.pdf", "", 1).is_safe());
    }
}
