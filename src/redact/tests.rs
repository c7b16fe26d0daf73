//! The engine as a whole: what it hides, that it settles, that it stays linear, and how well it finds.

use super::*;
use crate::redact::corpus;
use proptest::prelude::*;

const HIDE: TextRules = TextRules {
    email: Treatment::Mask,
    phone: Treatment::Mask,
    card: Treatment::Mask,
    iban: Treatment::Hide,
    identity: Treatment::Hide,
    ip: Treatment::Mask,
    link: Treatment::Mask,
};

/// An engine with everything it needs.
pub(super) struct Bench {
    scrubber: Scrubber,
    marks: Marks,
}

impl Bench {
    pub(super) fn new() -> Self {
        let limits = Limits { time: Duration::from_secs(20), ..Limits::default() };
        let scrubber = Scrubber::new().expect("the engine compiles").with_limits(limits);
        Self { scrubber, marks: Marks::new(b"secret", "grant") }
    }

    pub(super) fn find(&self, text: &str) -> Vec<Find> {
        let engine = &self.scrubber.engine;
        Reading { engine, rules: &HIDE, own: &[], known: None, marks: &self.marks }.finds(text)
    }

    fn scrub(&self, text: &str) -> String {
        self.with(text, &HIDE, &[], None)
    }

    fn with(&self, text: &str, rules: &TextRules, own: &[&str], known: Option<&Known>) -> String {
        let scrubbed = self.scrubber.scrub(text, rules, own, known, &self.marks, &mut Counts::default());
        scrubbed.expect("it is shown").into_owned()
    }
}

/// What a find is called in the gold labels.
pub(super) fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Secret(_) => "secret",
        Kind::Encoded => "encoded",
        Kind::Known(_) => "known",
        Kind::Iban => "iban",
        Kind::Card => "card",
        Kind::Identity => "identity",
        Kind::Email => "email",
        Kind::Ip => "ip",
        Kind::Phone => "phone",
    }
}

/// Hits and misses by kind: a find hits gold of its kind that it covers by half or more.
#[derive(Debug, Default)]
pub(super) struct Score(BTreeMap<String, [usize; 3]>);

impl Score {
    pub(super) fn add(
        &mut self,
        gold: &[(&str, Range<usize>)],
        found: &[(&str, Range<usize>)],
        mut miss: impl FnMut(&str, &str, &Range<usize>),
    ) {
        let shared = |a: &Range<usize>, b: &Range<usize>| a.end.min(b.end).saturating_sub(a.start.max(b.start));
        for (kind, span) in gold {
            let hit = found.iter().any(|(other, found)| other == kind && shared(span, found) * 2 >= span.len());
            self.0.entry((*kind).to_owned()).or_default()[usize::from(!hit)] += 1;
            if !hit {
                miss("FN", kind, span);
            }
        }
        for (kind, span) in found {
            if !gold.iter().any(|(other, gold)| other == kind && shared(gold, span) > 0) {
                self.0.entry((*kind).to_owned()).or_default()[2] += 1;
                miss("FP", kind, span);
            }
        }
    }

    fn precision(&self, kind: &str) -> f64 {
        let [hits, _, wrong] = self.0.get(kind).copied().unwrap_or_default();
        hits as f64 / (hits + wrong).max(1) as f64
    }

    fn recall(&self, kind: &str) -> f64 {
        let [hits, missed, _] = self.0.get(kind).copied().unwrap_or_default();
        hits as f64 / (hits + missed).max(1) as f64
    }

    fn f1(&self, kind: &str) -> f64 {
        let (precision, recall) = (self.precision(kind), self.recall(kind));
        2.0 * precision * recall / (precision + recall).max(f64::EPSILON)
    }

    pub(super) fn print(&self) {
        for (kind, [hits, missed, wrong]) in &self.0 {
            let (p, r, f) = (self.precision(kind), self.recall(kind), self.f1(kind));
            println!("{kind:10} n={:5} P={p:.3} R={r:.3} F1={f:.3} wrong={wrong}", hits + missed);
        }
    }
}

#[test]
fn accuracy_on_our_own_corpus_holds_its_aims() {
    let bench = Bench::new();
    let mut score = Score::default();
    for doc in corpus::generate(3000, 7) {
        let gold: Vec<_> = doc.gold.iter().map(|(kind, span)| (*kind, span.clone())).collect();
        let finds = bench.find(&doc.text);
        let found: Vec<_> = finds.iter().map(|find| (label(find.kind), find.span.clone())).collect();
        score.add(&gold, &found, |miss, kind, span| {
            println!("{miss} {kind} `{}` in {}", doc.text.get(span.clone()).expect("on a boundary"), doc.text)
        });
    }
    score.print();
    for kind in ["email", "iban", "card", "ip"] {
        assert!(score.f1(kind) >= 0.98, "{kind} {}", score.f1(kind));
    }
    assert!(score.f1("phone") >= 0.85, "phone {}", score.f1("phone"));
    assert!(score.recall("secret") >= 0.80 && score.precision("secret") >= 0.98, "secret");
}

#[test]
fn r03_a_value_is_found_through_what_is_put_around_it() {
    let bench = Bench::new();
    let blob = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let cases = [
        ("nested JSON", r#"{"a":"{\"mail\":\"zoe@acme.example\",\"n\":1}"}"#.to_owned()),
        ("HTML split", "4111<b>1111</b>11<i></i>11<span class=x>1111</span>".to_owned()),
        ("HTML attribute", "<a href=\"mailto:zoe@acme.example\">write</a>".to_owned()),
        ("entities", "zoe&#64;acme&#x2e;example".to_owned()),
        ("zero width", "4111\u{200b}1111\u{200d}1111\u{2060}1111".to_owned()),
        ("full width", "４１１１１１１１１１１１１１１１".to_owned()),
        ("URL query", "https://x.example/p?to=zoe%40acme.example&n=1".to_owned()),
        ("JSON escape", r"zoe\u0040acme.example".to_owned()),
        ("quoted-printable", "Zoe: zoe=40acme.exam=\nple".to_owned()),
        ("base64", format!("body {} end", blob("please write to zoe@acme.example"))),
        ("file name", "scan_zoe@acme.example.pdf".to_owned()),
        ("secret in entities", "password&#58;&nbsp;Sommer2024!".to_owned()),
        ("secret split by tags", "password: <b>Som</b>mer2024!".to_owned()),
        ("odd spaces", "4111\u{a0}1111\u{2009}1111\u{202f}1111".to_owned()),
        ("dashes", "4111\u{2011}1111\u{2013}1111\u{2212}1111".to_owned()),
    ];
    // The query of a link goes as a whole, so the links stay here, to see what is found in them.
    let rules = TextRules { link: Treatment::Show, ..HIDE };
    for (name, text) in cases {
        let out = bench.with(&text, &rules, &[], None);
        for value in [
            "zoe@",
            "zoe&",
            "zoe%",
            "zoe\\",
            "zoe=",
            "1111",
            "mer2024",
            "1111",
            "１１",
            blob("please write to zoe").get(..12).expect("it is longer"),
        ] {
            assert!(!out.contains(value), "{name}: {out}");
        }
        assert!(out.contains('⟦'), "{name}: {out}");
    }
}

#[test]
fn r03_base64_that_a_mailer_broke_is_read_whole() {
    let inner = format!("{} card 4111 1111 1111 1111 {}", "lorem ipsum ".repeat(6), "dolor ".repeat(8));
    let lines = base64::engine::general_purpose::STANDARD.encode(inner);
    let broken: Vec<&str> = lines.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    let out = Bench::new().scrub(&format!("a\n{}\nb", broken.join("\n")));
    assert!(out.starts_with("a\n⟦encoded.") && out.len() < 40, "{out}");
}

#[test]
fn what_the_rules_show_stays_and_the_callers_own_address_too() {
    let bench = Bench::new();
    let show = TextRules { ip: Treatment::Show, email: Treatment::Show, ..HIDE };
    assert_eq!(bench.with("10.0.0.1 zoe@acme.example", &show, &[], None), "10.0.0.1 zoe@acme.example");
    let own = bench.with("Zoe@acme.example, bob@acme.example", &HIDE, &["zoe@ACME.example"], None);
    assert!(own.starts_with("Zoe@acme.example, ⟦email:"), "{own}");
}

#[test]
fn a_hidden_name_is_replaced_and_the_callers_own_is_not() {
    let bench = Bench::new();
    let known = Known::new([(Hidden::Name, "Bob Miller")]).expect("it builds").expect("it is not empty");
    let out = bench.with("Jane Miller asked Mr Miller", &HIDE, &["Jane Miller"], Some(&known));
    assert!(out.starts_with("Jane Miller asked Mr ⟦name:"), "{out}");
    let mail = bench.with("miller@acme.example", &HIDE, &[], Some(&known));
    assert!(mail.starts_with("⟦email:") && mail.ends_with('⟧'), "{mail}");
}

#[test]
fn r06_source_brackets_are_escaped_and_only_this_grants_placeholders_stay() {
    let bench = Bench::new();
    let ours = bench.scrub("zoe@acme.example");
    assert_eq!(bench.scrub(&ours), ours);
    let theirs = Marks::new(b"secret", "another").of("email", "zoe@acme.example");
    assert!(!bench.scrub(&theirs).contains('⟦'));
    assert_eq!(bench.scrub("⟦secret:password.aaaa⟧ ⟦⟦ ⟧"), "[secret:password.aaaa] [[ ]");
}

#[test]
fn a_secret_has_no_digest() {
    let bench = Bench::new();
    let marks = |text: &str| bench.scrub(text).split('⟦').nth(1).expect("a placeholder").to_owned();
    assert_eq!(marks("password: Sommer2024!"), marks("password: Winter2025?x"));
    assert_ne!(marks("a@acme.example"), marks("b@acme.example"));
}

#[test]
fn r07_too_large_and_too_slow_are_withheld() {
    let scrubber = Scrubber::new().expect("the engine compiles");
    let marks = Marks::new(b"secret", "grant");
    let with = |limits, text: &str| {
        let out = scrubber.clone().with_limits(limits).scrub(text, &HIDE, &[], None, &marks, &mut Counts::default());
        out.map(Cow::into_owned)
    };
    let small = Limits { bytes: 10, time: Duration::from_secs(20) };
    assert_eq!(with(small, "01234567890"), Err(Withheld::TooLarge));
    assert_eq!(with(Limits { bytes: 100, time: Duration::ZERO }, "0123456789"), Err(Withheld::TooSlow));
    assert_eq!(Withheld::TooLarge.to_string(), "[withheld: too large]");
}

/// A quadratic step over 64 KiB takes minutes in a debug build, a linear one a tenth of a second.
#[test]
fn d05_bombs_stay_linear() {
    let bench = Bench::new();
    let bombs = [
        "@",
        "a@",
        "a@b.",
        "1",
        "1 ",
        "1-",
        "1.",
        "+1",
        "(1",
        "4111 ",
        "::",
        "a:",
        "eyJ",
        "eyJa.",
        "password:",
        "password: ",
        "key=",
        "://a:",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ",
        "<",
        "<a ",
        "&#",
        "%4",
        "\\u00",
        "=\n",
        "A",
        "aB3",
        "DE89",
        "DE89 ",
        "x-",
        "AAAAA-",
        "\u{1b}[",
        "⟦",
        "\u{200b}",
        "sk-",
        "$2a$",
        "token ",
        "net user ",
        "curl ",
        "psexec ",
        "123456-",
        "ssn ",
        "passport ",
        "９",
    ];
    for bomb in bombs {
        let text = bomb.repeat(64 * 1024 / bomb.len());
        let limits = Limits { time: Duration::from_secs(10), ..Limits::default() };
        let scrubber = bench.scrubber.clone().with_limits(limits);
        let out = scrubber.scrub(&text, &HIDE, &[], None, &bench.marks, &mut Counts::default());
        assert_ne!(out, Err(Withheld::TooSlow), "{bomb:?}");
    }
}

fn planted() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "zoe.quill@acme.example",
        "4111111111111111",
        "4111 1111 1111 1111",
        "DE89370400440532013000",
        "192.168.77.41",
        "2001:db8::77",
        "ghp_aB3dE5fG7hJ9kL2mN4pQ6rS8tU1vW0xYzCq0",
        "AKIAQZ2X3W4V5U6T7SRA",
        "+49 30 901820123",
        "078-05-1120",
        "(555) 201-0142",
    ])
}

fn around() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        " ",
        "\n",
        "the ",
        "ticket ",
        "call ",
        "phone: ",
        "password: ",
        "key=",
        "<b>",
        "</b>",
        "&amp;",
        "%20",
        "⟦",
        "⟧",
        "⟦email:",
        ".aaaa⟧",
        "12",
        "-",
        "(",
        "\u{200b}",
        "“",
        "ü",
        "order ",
        "passport ",
        "SSN ",
        ": ",
        "\"",
        "{",
        ",",
        "a@b.co",
        "Sommer2024!",
        "5552010142",
        "\u{1b}[0m",
        "=40",
        "\\u0040",
        "eyJhbGciOi",
        "=",
        "://u:",
        "@h",
    ]);
    prop_oneof![
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat()),
        "\\PC{0,40}".prop_map(String::from)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn r10_scrubbing_twice_is_scrubbing_once(pieces in prop::collection::vec(around(), 1..4), value in planted()) {
        thread_local!(static BENCH: Bench = Bench::new());
        BENCH.with(|bench| {
            let once = bench.scrub(&pieces.join(value));
            prop_assert_eq!(bench.scrub(&once), once.clone(), "{}", once);
            Ok(())
        })?;
    }

    #[test]
    fn r10_no_planted_value_survives(head in around(), tail in around(), value in planted()) {
        thread_local!(static BENCH: Bench = Bench::new());
        BENCH.with(|bench| {
            let out = bench.scrub(&format!("{head} {value} {tail}"));
            prop_assert!(!out.contains(value), "{}", out);
            Ok(())
        })?;
    }
}
