//! Scopes in words, and names that are read as those of others.

use super::builtin;

#[test]
fn every_scope_has_words_of_its_own() {
    let policies = builtin();
    let mut said: Vec<_> =
        policies.scopes().iter().map(|it| policies.scope_words(it).expect("words").says.clone()).collect();
    said.sort();
    said.dedup();
    assert_eq!(said.len(), policies.scopes().len());
    assert!(policies.scope_words("nothing.read").is_none());
}

#[test]
fn o12_a_name_that_is_read_as_a_known_one_is_a_lookalike_and_the_known_one_is_not() {
    let policies = builtin();
    for good in [
        "Claude",
        "claude code (postern)",
        "ChatGPT",
        "Codex",
        "Cursor",
        "Visual Studio Code",
        "VS Code",
        "Gemini CLI MCP Client",
        "Windsurf",
        "Reporting tool 10",
        "Müller Assistent",
        "Example MSP: portal",
        "Zoë's notes",
        "",
    ] {
        assert!(!policies.is_lookalike(good), "{good}");
    }
    for bad in [
        "CIaude",
        "C1aude",
        "Cla\u{fd}de",
        "\u{421}laude",
        "Claude \u{2014} official",
        "Claude and CIaude",
        "ChatGPT and OpenAl",
        "0penAI",
        "Curs0r",
        "W1ndsurf",
        "Vi5ual Studio Code",
        "VS C0de",
        "G3mini",
        "C-1-aude",
        "\u{ff23}laude",
        "Mlcrosoft",
        "vvindsurf",
        "Gernini",
    ] {
        assert!(policies.is_lookalike(bad), "{bad}");
    }
}
