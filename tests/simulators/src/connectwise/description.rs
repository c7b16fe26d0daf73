//! What the vendor's description has of the paths that Postern uses; see `described.txt`.

/// One path with one of its verbs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path {
    pub(super) verb: &'static str,
    path: &'static str,
    /// What is behind it.
    pub(super) kind: &'static str,
    /// `list`, `one`, or nothing for what writes.
    pub(super) form: &'static str,
}

const TEXT: &str = include_str!("described.txt");

fn lines(what: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    TEXT.lines().map(|it| it.split_whitespace().collect::<Vec<_>>()).filter(move |it| it.first() == Some(&what))
}

/// The verbs that a path has.
pub(super) fn verbs(asked: &[&str]) -> Vec<Path> {
    let fits = |it: &Path| {
        let segments: Vec<&str> = it.path.split('/').collect();
        let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        segments.len() == asked.len()
            && segments.iter().zip(asked).all(|(own, asked)| if *own == "{}" { number(asked) } else { own == asked })
    };
    let read = |it: Vec<&'static str>| {
        let [_, verb, path, kind, rest @ ..] = it.as_slice() else { return None };
        Some(Path { verb, path, kind, form: rest.first().copied().unwrap_or_default() })
    };
    lines("path").filter_map(read).filter(fits).collect()
}

fn named(what: &'static str, kind: &str, field: &str) -> bool {
    lines(what).any(|it| it.get(1) == Some(&kind) && it.iter().skip(2).any(|it| *it == field))
}

/// Whether the vendor sends this field.
pub(super) fn has_field(kind: &str, field: &str) -> bool {
    named("fields", kind, field)
}

/// Whether the vendor takes this field.
pub(super) fn takes(kind: &str, field: &str) -> bool {
    named("writes", kind, field)
}
