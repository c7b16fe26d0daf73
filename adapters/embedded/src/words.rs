//! Searching for words.
//!
//! A word matches from its beginning, in any case, with or without accents. What is searched for is always quoted: FTS5's
//! own query language is not reachable from outside.

use crate::fail::Result;
use crate::rows::Rows;

/// Words beyond these are not looked for.
const MOST: usize = 8;

/// Room for pieces of text in one ticket; see `schema.sql`.
const PIECES: i64 = 1 << 20;

/// The words in a text, each quoted as FTS5 reads it. Empty: there is nothing that could be found.
pub(crate) fn quoted(text: &str) -> Vec<String> {
    let words = text.split_whitespace().filter(|it| it.contains(char::is_alphanumeric));
    words.take(MOST).map(|it| format!("\"{}\"", it.replace(['"', '\0'], " ").trim())).collect()
}

/// Where a piece of a ticket's text belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Piece {
    /// Subject and description.
    Request,
    /// The resolution.
    Resolution,
    /// A comment, by its number on the ticket, from 0.
    Comment(i64),
    /// An internal note, by its number on the ticket, from 0.
    Note(i64),
}

/// Makes a piece of a ticket's text findable: notes by employees alone.
pub(crate) fn index(rows: &Rows<'_>, ticket: i64, piece: Piece, text: &str) -> Result<()> {
    let (internal, number) = match piece {
        Piece::Request => (false, 0),
        Piece::Resolution => (false, 1),
        Piece::Comment(number) => (false, number + 2),
        Piece::Note(number) => (true, number + 2),
    };
    let sql = if internal {
        "INSERT INTO note_words (rowid, scope, text) SELECT key * 1048576 + :piece, :scope, :text FROM ticket
         WHERE tenant = :tenant AND key = :ticket"
    } else {
        "INSERT INTO ticket_words (rowid, scope, text) SELECT key * 1048576 + :piece, :scope, :text FROM ticket
         WHERE tenant = :tenant AND key = :ticket"
    };
    let (number, scope) = (number % PIECES, rows.scope_word());
    rows.change(sql, &[(":piece", &number), (":scope", &scope), (":text", &text), (":ticket", &ticket)])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b16_what_is_searched_for_is_always_a_quoted_word() {
        assert_eq!(quoted("printer  NEAR(a"), ["\"printer\"", "\"NEAR(a\""]);
        assert_eq!(quoted("a\" OR scope:x"), ["\"a\"", "\"OR\"", "\"scope:x\""]);
        assert_eq!(quoted("** -- \"\""), Vec::<String>::new());
        assert_eq!(quoted(&"w ".repeat(99)).len(), 8);
    }
}
