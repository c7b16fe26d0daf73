//! Labelled texts as a support desk sees them, from templates of our own, with numbers that only look like personal data.

use std::ops::Range;

/// A text and where the personal data and credentials in it are.
pub(super) struct Doc {
    pub(super) text: String,
    pub(super) gold: Vec<(&'static str, Range<usize>)>,
}

/// A small generator (xorshift64*): the same texts on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % below
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.roll(items.len() as u64) as usize]
    }

    fn from(&mut self, alphabet: &str, count: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..count).map(|_| self.of(&letters)).collect()
    }

    fn digits(&mut self, count: usize) -> String {
        self.from("0123456789", count)
    }
}

const HEX: &str = "0123456789abcdef";
const MIXED: &str = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz0123456789";
const UPPER: &str = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// `{kind}` is a labelled value, `[noun]` is one that must be left alone.
const TEMPLATES: &[&str] = &[
    "Printer on floor 3 jams again since [date]. Asset [asset], firmware [version]. Reach me at {phone} or {email}.",
    "Remote session to {ip} fails with error [code]; gateway [version]. Escalate as [ticket] please.",
    "From: {email}\nTo: {email}\nSubject: invoice [invoice]\n\nWe paid [amount] on [date] from {iban}, order [order].",
    "Customer dictated card {card} for [invoice]; expiry 11/29. I told her to never do that. Callback {phone}.",
    "Onboarding checklist: laptop [serial], SSN {ssn}, badge [asset], start [date], manager {email}.",
    "found this in the old runbook: {secret} and the host is {ip}, please rotate. ref [guid]",
    "{\"ticketId\":\"[order]\",\"contact\":{\"mail\":\"{email}\",\"mobilePhone\":\"{phone}\"},\"source\":\"{ip}\",\"hash\":\"[sha]\"}",
    "Backup job [guid] finished in 00:12:44, 0 errors, 3 warnings, agent [version], mac [mac], size [order] bytes.",
    "Hello, our bank details changed: IBAN {iban}. Account [asset] stays. Questions? {phone}",
    "syslog: sshd[4312]: Failed password for invalid user admin from {ip} port 50122 ssh2",
    "Purchase [order] / PO [po] / tracking [serial]: arrived [date], [amount], no further action.",
    "<p>Dear desk,</p><p>please call <b>{phone}</b> or write to <a href=\"#\">{email}</a>.</p>",
    "He resets his password every week, and the token for the door is broken. Key user is on leave until [date].",
    "AP-07 serial [serial] imei [imei] rebooted at [time]; patch KB[po] ok; commit [sha].",
    "config pushed: {secret}\nretries=3\nversion=[version]\nrun=[guid]",
    "Passport {passport} was uploaded to [ticket] by mistake, delete it. Case [order].",
    "fwd: {secret} (do not share!) -- sent by {email}",
    "Refund card {card}, then wire the rest to {iban}. Total [amount], ticket [ticket].",
    "the vpn pool is {ip} to {ip}, dns {ip}, license [license], contract [invoice]",
    "Voicemail from {phone} at [time] about order [order] and invoice [invoice], length 0:42.",
];

/// A number of texts, from a seed.
pub(super) fn generate(count: usize, seed: u64) -> Vec<Doc> {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    (0..count).map(|_| fill(dice.of(TEMPLATES), &mut dice)).collect()
}

fn fill(template: &str, dice: &mut Dice) -> Doc {
    let mut doc = Doc { text: String::new(), gold: Vec::new() };
    let mut rest = template;
    while let Some(at) = rest.find(['{', '[']) {
        let (head, tail) = rest.split_at(at);
        doc.text.push_str(head);
        let close = if tail.starts_with('{') { '}' } else { ']' };
        let end = tail.find(close).unwrap_or(0);
        let name = tail.get(1..end).unwrap_or_default();
        if let Some((kind, value)) = labelled(name, dice).filter(|_| close == '}') {
            // A credential carries what announces it: only what is between `«` and `»` is to be found.
            let (before, value) = value.split_once('«').unwrap_or(("", &value));
            let (value, behind) = value.split_once('»').unwrap_or((value, ""));
            doc.text.push_str(before);
            let start = doc.text.len();
            doc.text.push_str(value);
            doc.gold.push((kind, start..doc.text.len()));
            doc.text.push_str(behind);
        } else if let Some(value) = neutral(name, dice).filter(|_| close == ']') {
            doc.text.push_str(&value);
        } else {
            let (bracket, behind) = tail.split_at(1);
            doc.text.push_str(bracket);
            rest = behind;
            continue;
        }
        rest = tail.split_at(end + 1).1;
    }
    doc.text.push_str(rest);
    doc
}

fn labelled(name: &str, dice: &mut Dice) -> Option<(&'static str, String)> {
    Some(match name {
        "email" => ("email", email(dice)),
        "phone" => ("phone", phone(dice)),
        "ip" => ("ip", ip(dice)),
        "card" => ("card", card(dice)),
        "iban" => ("iban", iban(dice)),
        "ssn" => ("identity", ssn(dice)),
        "passport" => ("identity", format!("{}{}", dice.from("CFGHJKV", 1), dice.digits(8))),
        "secret" => ("secret", secret(dice)),
        _ => return None,
    })
}

fn neutral(name: &str, dice: &mut Dice) -> Option<String> {
    Some(match name {
        "date" => format!("20{}-{:02}-{:02}", 10 + dice.roll(20), 1 + dice.roll(12), 1 + dice.roll(28)),
        "time" => format!("{:02}:{:02}:{:02}", dice.roll(24), dice.roll(60), dice.roll(60)),
        "asset" => dice.digits(8),
        "version" => format!("{}.{}.{}", dice.roll(30), dice.roll(50), dice.roll(40_000)),
        "code" => format!("0x{}", dice.from(HEX, 8)),
        "ticket" => format!("SD-{}", dice.digits(7)),
        "invoice" => format!("INV-20{}-{}", 20 + dice.roll(7), dice.digits(5)),
        "amount" => format!("${}.{}", 1 + dice.roll(90_000), dice.digits(2)),
        "order" => dice.digits(10),
        "po" => dice.digits(7),
        "serial" => {
            let count = 7 + dice.roll(6) as usize;
            dice.from(UPPER, count)
        }
        "guid" => [8, 4, 4, 4, 12].map(|count| dice.from(HEX, count)).join("-"),
        "sha" => dice.from(HEX, 40),
        "mac" => (0..6).map(|_| dice.from(HEX, 2)).collect::<Vec<_>>().join(":"),
        "imei" => format!("35{}", dice.digits(13)),
        "license" => format!("L{}-{}", dice.digits(4), dice.from(UPPER, 4)),
        _ => return None,
    })
}

fn email(dice: &mut Dice) -> String {
    let first = dice.of(&["anna", "li.wei", "o'brien", "k_ho", "jan-peter", "m.rossi", "zoë", "it+alerts", "x1"]);
    let domain =
        dice.of(&["acme.example", "mail.globex.example", "initech.co.uk", "müller.example", "a1-it.example.org"]);
    format!("{first}{}@{domain}", dice.roll(90))
}

fn phone(dice: &mut Dice) -> String {
    let (a, b, c) = (201 + dice.roll(780), 200 + dice.roll(790), dice.digits(4));
    match dice.roll(12) {
        0 => format!("({a}) {b}-{c}"),
        1 => format!("{a}-{b}-{c}"),
        2 => format!("{a}.{b}.{c}"),
        3 => format!("+1 {a} {b} {c}"),
        4 => format!("+1{a}{b}{c}"),
        5 => format!("{a}-{b}-{c} x{}", dice.digits(3)),
        6 => format!("+44 20 7{} {}", dice.digits(3), dice.digits(4)),
        7 => format!("020 7{} {}", dice.digits(3), dice.digits(4)),
        8 => format!("+49 (0)30 {}", dice.digits(7)),
        9 => format!("030/{}", dice.digits(7)),
        10 => format!("+33 1 4{} {} {} {}", dice.digits(1), dice.digits(2), dice.digits(2), dice.digits(2)),
        _ => format!("06 1{} {} {} {}", dice.digits(1), dice.digits(2), dice.digits(2), dice.digits(2)),
    }
}

fn ip(dice: &mut Dice) -> String {
    match dice.roll(5) {
        0 => format!("2001:db8:{}::{}", dice.from(HEX, 3), dice.from("123456789abcdef", 3)),
        1 => format!(
            "fe80::{}:{}ff:fe{}:{}",
            dice.from("1234567", 3),
            dice.from("123", 2),
            dice.from(HEX, 2),
            dice.from("123", 4)
        ),
        _ => format!("{}.{}.{}.{}", 1 + dice.roll(223), dice.roll(256), dice.roll(256), 1 + dice.roll(254)),
    }
}

fn card(dice: &mut Dice) -> String {
    let (head, length) =
        dice.of(&[("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("34", 15), ("37", 15), ("6011", 16), ("3530", 16)]);
    let mut number = format!("{head}{}", dice.digits(length - head.len() - 1));
    let sum: u32 = number
        .chars()
        .rev()
        .enumerate()
        .map(|(place, c)| {
            let digit = c.to_digit(10).unwrap_or(0) * if place % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    number.push(char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0'));
    let gap = dice.of(&["", "", " ", "-"]);
    let cuts: &[usize] = if length == 15 { &[4, 10] } else { &[4, 8, 12] };
    spaced(&number, gap, |place| cuts.contains(&place))
}

fn iban(dice: &mut Dice) -> String {
    let (country, account) = match dice.roll(4) {
        0 => ("DE", dice.digits(18)),
        1 => ("GB", format!("{}{}", dice.of(&["NWBK", "BARC", "LOYD"]), dice.digits(14))),
        2 => ("NL", format!("{}{}", dice.of(&["ABNA", "INGB", "RABO"]), dice.digits(10))),
        _ => ("AT", dice.digits(16)),
    };
    let remainder = format!("{account}{country}00").chars().fold(0_u32, |sum, c| {
        let value = c.to_digit(36).unwrap_or(0);
        (if value > 9 { sum * 100 } else { sum * 10 } + value) % 97
    });
    let number = format!("{country}{:02}{account}", 98 - remainder);
    let gap = dice.of(&["", " "]);
    spaced(&number, gap, |place| place % 4 == 0)
}

fn spaced(number: &str, gap: &str, cut: impl Fn(usize) -> bool) -> String {
    let mut out = String::new();
    for (place, c) in number.chars().enumerate() {
        if place > 0 && cut(place) {
            out.push_str(gap);
        }
        out.push(c);
    }
    out
}

fn ssn(dice: &mut Dice) -> String {
    format!("{}-{:02}-{:04}", 100 + dice.roll(500), 1 + dice.roll(99), 1 + dice.roll(9999))
}

fn secret(dice: &mut Dice) -> String {
    let word = dice.of(&["Sommer", "Printer", "Welcome", "Tiger", "Qwertz"]);
    let password = format!("{word}{}{}", dice.digits(4), dice.of(&["!", "#", "$x", ""]));
    match dice.roll(24) {
        0 => format!("password: «{password}"),
        1 => format!("pwd=«{password}"),
        2 => format!("Passwort: «{password}"),
        3 => format!("\"client_secret\": \"«{}", dice.from(MIXED, 32)),
        4 => format!("api_key=«{}", dice.from(HEX, 32)),
        5 => format!("token: «{}", dice.from(MIXED, 40)),
        6 => format!("AKIA{}", dice.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
        7 => format!("ghp_{}", dice.from(MIXED, 36)),
        8 => format!("glpat-{}", dice.from(MIXED, 20)),
        9 => format!("xoxb-{}-{}-{}", dice.digits(12), dice.digits(12), dice.from(MIXED, 24)),
        10 => format!("sk_live_{}", dice.from(MIXED, 24)),
        11 => format!("SG.{}.{}", dice.from(MIXED, 22), dice.from(MIXED, 43)),
        12 => format!("AIza{}", dice.from(MIXED, 35)),
        13 => format!("eyJ{}.eyJ{}.{}", dice.from(MIXED, 30), dice.from(MIXED, 60), dice.from(MIXED, 43)),
        14 => format!("postgres://app:«{password}»@db.internal:5432/app"),
        15 => format!("Authorization: Bearer «{}", dice.from(MIXED, 40)),
        16 => (0..8).map(|_| format!("{:06}", 11 * dice.roll(60_000))).collect::<Vec<_>>().join("-"),
        17 => (0..5).map(|_| dice.from("BCDFGHJKMPQRTVWXY2346789", 5)).collect::<Vec<_>>().join("-"),
        18 => format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", dice.from(MIXED, 64)),
        19 => format!("AccountKey=«{}==", dice.from(MIXED, 86)),
        20 => format!("huntress secret key «{}", dice.from(HEX, 40)),
        21 => format!("connectwise private key: «{}", dice.from(MIXED, 16)),
        22 => format!("the password is «{password}"),
        _ => format!("login: CORP\\svc.backup / «{password}"),
    }
}
