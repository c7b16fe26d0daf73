//! What redaction costs: texts of two kilobytes, with and without anything to find, and a whole answer.
#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up stops")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use postern::call::redact::lens::{Redactor, Viewer};
use postern::redact::{Counts, Marks, Scrubber};
use postern_api::{About, ContactId, Pii, PiiKind, Text};
use postern_policies::{PiiRules, Reveal, TextRules, Treatment};
use std::hint::black_box;

const RULES: TextRules = TextRules {
    email: Treatment::Mask,
    phone: Treatment::Mask,
    card: Treatment::Hide,
    iban: Treatment::Hide,
    identity: Treatment::Hide,
    ip: Treatment::Mask,
    link: Treatment::Mask,
};
const PII: PiiRules =
    PiiRules { own: Treatment::Show, contact: Treatment::Mask, staff: Treatment::Hide, unknown: Treatment::Hide };

const PROSE: &str = "The printer on the third floor stopped again this morning and nobody could print the delivery notes. \
    We switched it off and on, checked the cable and reinstalled the driver, without luck. The display says that the \
    fuser unit is too hot, which it also said last week when your colleague was here. Could somebody have a look before \
    the end of the day, please? The warehouse is waiting for the labels and the truck leaves at four.\n";

fn text(with: &str) -> String {
    let mut text = PROSE.repeat(5);
    text.truncate(2048 - with.len());
    text.push_str(with);
    text
}

fn scrub(c: &mut Criterion) {
    let (scrubber, marks) = (Scrubber::new().expect("the engine compiles"), Marks::new(b"secret", "grant"));
    let kinds = [
        ("nothing", text("")),
        (
            "numbers",
            text("Order 5956144923, asset 78203735, since 2026-11-21 10:30, version 22.5.8798, total $11570.80."),
        ),
        ("one address", text("Reach me at zoe@acme.example.")),
        (
            "secrets",
            text(
                "zoe@acme.example, +1 415 555 0142, password: Sommer2024! and ghp_aB3dE5fG7hJ9kL2mN4pQ6rS8tU1vW0xYzCq0",
            ),
        ),
        ("html", text("<p>Call <b>(415) 555-0142</b>, or write to <a href=\"#\">zoe@acme.example</a></p>")),
    ];
    let mut group = c.benchmark_group("scrub 2 KB");
    for (name, text) in &kinds {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(name), text, |b, text| {
            b.iter(|| scrubber.scrub(black_box(text), &RULES, &[], None, &marks, &mut Counts::default()));
        });
    }
    group.finish();
}

#[derive(serde::Serialize)]
struct Ticket {
    requester: Pii,
    email: Pii,
    text: Text,
}

fn answer(c: &mut Criterion) {
    let redactor = Redactor::new(Scrubber::new().expect("the engine compiles"), b"secret");
    let reveal =
        Reveal { name: PII, email: PII, phone: PII, address: PII, text: RULES, internal: false, financial: false };
    let viewer = Viewer { own_values: vec!["bob@acme.example".into()], grant: "grant".into(), ..Viewer::default() };
    let contact = || About::Contact(ContactId::new("7").expect("an id"));
    let ticket = Ticket {
        requester: Pii::new(PiiKind::Name, contact(), "Zoe Quill"),
        email: Pii::new(PiiKind::Email, contact(), "zoe@acme.example"),
        text: Text::new(text("Regards, Zoe Quill, zoe@acme.example, +1 415 555 0142")),
    };
    c.bench_function("answer 2 KB", |b| b.iter(|| redactor.redact(black_box(&ticket), &reveal, &viewer)));
}

criterion_group!(benches, scrub, answer);
criterion_main!(benches);
