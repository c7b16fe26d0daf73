//! What everybody sees of the portal: how it looks, and its questions and answers.
//!
//! **Invariant:** nothing about law, payment or promises is published that nobody reviewed, and no picture or domain that is not plainly a
//! public one, whoever approves.

use super::governed::{blocked, by, words};
use super::replying::promises;
use crate::tools::args::{Line, Prose};
use crate::tools::refusal::{missing, or_missing};
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Tool, ToolCx};
use jiff::Timestamp;
use postern_api::{Branding, ErrorKind, FaqChange, FaqEntry, FaqId, FaqQuery, FaqState, Op, Text};
use postern_policies::Effect;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use url::{Host, Url};

/// Words by which an answer about law or payment is known.
const DELICATE: [&str; 14] = [
    "legal",
    "liab",
    "contract",
    "warranty",
    "terms",
    "payment",
    "pay ",
    "instalment",
    "invoice",
    "price",
    "vat",
    "haft",
    "vertrag",
    "zahl",
];

/// Whether a host name is plainly a public one: no number, no name of this machine or of a private network.
fn is_public_name(host: &str) -> bool {
    let label_ok = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    let private = ["local", "localhost", "internal", "lan", "home", "arpa", "localdomain", "onion"];
    host.len() <= 253
        && host.contains('.')
        && host.split('.').all(label_ok)
        && last.bytes().any(|it| it.is_ascii_lowercase())
        && !last.starts_with("0x")
        && !private.contains(&last)
}

/// Whether an address is `https`, at a public name, without a user, on the usual port.
pub(super) fn is_public_address(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let named = matches!(url.host(), Some(Host::Domain(name)) if is_public_name(name));
    url.scheme() == "https" && named && url.username().is_empty() && url.password().is_none() && url.port().is_none()
}

fn is_picture(text: &str) -> bool {
    let path = Url::parse(text).map(|it| it.path().to_ascii_lowercase()).unwrap_or_default();
    is_public_address(text) && ["png", "jpg", "jpeg", "svg", "webp"].iter().any(|it| path.ends_with(&format!(".{it}")))
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|it| it.len() == 6 && it.bytes().all(|it| it.is_ascii_hexdigit()))
}

fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first =
        parts.next().is_some_and(|it| (2..=3).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_lowercase()));
    first && parts.all(|it| (2..=8).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Change how the portal looks: what is left out stays. Public at once, so the owner confirms or approves it first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpsertBranding {
    /// Where the logo is: an `https` address of a picture at a public name.
    #[serde(default)]
    logo_url: Option<Line<500>>,
    /// Colours by what they are for, `#rrggbb`.
    #[serde(default)]
    colours: BTreeMap<String, String>,
    /// The portal's host name.
    #[serde(default)]
    domain: Option<Line<253>>,
    /// What people are greeted with.
    #[serde(default)]
    welcome_text: Option<Prose<2_000>>,
    /// What stands on the page where people sign in.
    #[serde(default)]
    login_text: Option<Prose<2_000>>,
    /// The picture of that page: an `https` address of a picture at a public name.
    #[serde(default)]
    login_image_url: Option<Line<500>>,
    /// Languages, as BCP 47 tags; the first is the default.
    #[serde(default)]
    #[schemars(length(max = 20))]
    languages: Vec<Line<35>>,
    /// Whether the service provider's own name is kept out.
    #[serde(default)]
    white_label: Option<bool>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct BrandingKept {
    updated_at: Option<Timestamp>,
    message: &'static str,
}

#[derive(Debug, Serialize)]
struct LooksView {
    logo_url: Option<Text>,
    colours: Vec<Text>,
    domain: Option<Text>,
    welcome_text: Option<Text>,
    login_text: Option<Text>,
    login_image_url: Option<Text>,
    languages: Vec<Text>,
    white_label: bool,
}

impl LooksView {
    fn of(branding: &Branding) -> Self {
        let text = |it: &Option<String>| it.as_deref().map(Text::from);
        Self {
            logo_url: text(&branding.logo_url),
            colours: branding.colours.iter().map(|(name, it)| Text::new(format!("{name} {it}"))).collect(),
            domain: text(&branding.domain),
            welcome_text: text(&branding.welcome_text),
            login_text: text(&branding.login_text),
            login_image_url: text(&branding.login_image_url),
            languages: branding.languages.iter().map(|it| it.as_str().into()).collect(),
            white_label: branding.white_label,
        }
    }
}

#[derive(Debug, Serialize)]
struct BrandingFacts {
    action: &'static str,
    before: LooksView,
    after: LooksView,
}

impl UpsertBranding {
    fn valid(&self) -> Result<(), Refusal> {
        if self.logo_url.as_ref().is_some_and(|it| !is_picture(it.as_str())) {
            return Err(blocked("the logo is no picture at an `https` address of a public name"));
        }
        if self.login_image_url.as_ref().is_some_and(|it| !is_picture(it.as_str())) {
            return Err(blocked("the sign-in page's picture is none at an `https` address of a public name"));
        }
        if self.domain.as_ref().is_some_and(|it| !is_public_name(it.as_str())) {
            return Err(blocked("the domain is no public host name"));
        }
        let named =
            |it: &String| !it.is_empty() && it.len() <= 30 && it.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if self.colours.len() > 20 || !self.colours.keys().all(named) || !self.colours.values().all(|it| is_colour(it))
        {
            return Err(Refusal::argument("colours", "expected at most 20 of `#rrggbb`, by what they are for"));
        }
        if self.languages.len() > 20 || !self.languages.iter().all(|it| is_language(it.as_str())) {
            return Err(Refusal::argument("languages", "expected at most 20 tags such as `en` or `de-CH`"));
        }
        Ok(())
    }

    async fn check(&self, cx: &ToolCx) -> Result<(Branding, Branding), Refusal> {
        self.valid()?;
        let portal = cx.portal()?;
        let before = portal.timed(portal.port.branding(&portal.cx)).await?;
        let mut after = before.clone();
        let text = |it: &str| Some(it.to_owned());
        after.logo_url = self.logo_url.as_ref().map_or(after.logo_url, |it| text(it.as_str()));
        after.domain = self.domain.as_ref().map_or(after.domain, |it| text(it.as_str()));
        after.welcome_text = self.welcome_text.as_ref().map_or(after.welcome_text, |it| text(it.as_str()));
        after.login_text = self.login_text.as_ref().map_or(after.login_text, |it| text(it.as_str()));
        after.login_image_url = self.login_image_url.as_ref().map_or(after.login_image_url, |it| text(it.as_str()));
        after.white_label = self.white_label.unwrap_or(after.white_label);
        after.colours.extend(self.colours.iter().map(|(name, it)| (name.clone(), it.to_ascii_lowercase())));
        if !self.languages.is_empty() {
            after.languages = self.languages.iter().map(|it| it.as_str().to_owned()).collect();
        }
        if after == before {
            return Err(Refusal::new(Code::Conflict, "the portal looks like this already"));
        }
        Ok((before, after))
    }
}

impl Tool for UpsertBranding {
    const NAME: &'static str = "portal.branding.upsert";
    const TITLE: &'static str = "Change how the portal looks";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::BrandingSet);
    type Output = BrandingKept;

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let (before, after) = self.check(cx).await?;
        let stands = format!("{before:?}");
        let facts =
            BrandingFacts { action: "update_branding", before: LooksView::of(&before), after: LooksView::of(&after) };
        let preview = Preview::new(facts, |facts| {
            words("Change how the portal looks, for everybody?", facts, &[("Now", "before"), ("Then", "after")])
        });
        let effect = Effect { public: true, customer_visible: true, ..Effect::default() };
        Ok(preview.with(effect).target("branding", stands))
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<BrandingKept>, Refusal> {
        let (_, after) = self.check(cx).await?;
        let portal = cx.portal()?;
        let kept = portal.timed(portal.port.set_branding(&portal.cx, &after)).await?;
        Ok(Reply::from(BrandingKept { updated_at: kept.updated_at, message: "Changed" }))
    }
}

/// Write a question and its answer, or change one. A draft is kept at once; what customers read the owner confirms or approves first.
/// What is about law, payment or promises has to be reviewed as it is before it is published.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpsertFaq {
    /// Which; a new one without it.
    #[serde(default)]
    faq_entry_id: Option<FaqId>,
    /// The question.
    question: Line<300>,
    /// The answer.
    answer: Prose<10_000>,
    /// The category.
    #[serde(default)]
    category: Option<Line<64>>,
    /// The language, as a BCP 47 tag.
    language: Line<35>,
    /// Which kinds of customers see it; none: all.
    #[serde(default)]
    #[schemars(length(max = 20))]
    segments: Vec<Line<40>>,
    /// Whether customers may read it.
    state: FaqState,
    /// Whether it is about law, payment or promises of service.
    #[serde(default)]
    sensitive: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FaqKept {
    faq_entry_id: FaqId,
    state: FaqState,
    message: &'static str,
}

#[derive(Debug, Serialize)]
struct FaqFacts {
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    faq_entry_id: Option<FaqId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    question_before: Option<Text>,
    question: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer_before: Option<Text>,
    answer: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_before: Option<FaqState>,
    state: FaqState,
    language: Text,
    segments: Vec<Text>,
    sensitive: bool,
}

impl UpsertFaq {
    /// Whether it is about law, payment or promises, as said or by its words.
    fn is_sensitive(&self) -> bool {
        let text = format!("{} {} ", self.question.as_str(), self.answer.as_str()).to_lowercase();
        self.sensitive || promises(&text) || DELICATE.iter().any(|it| text.contains(it))
    }

    async fn check(&self, cx: &ToolCx) -> Result<Option<FaqEntry>, Refusal> {
        if !is_language(self.language.as_str()) {
            return Err(Refusal::argument("language", "expected a tag such as `en` or `de-CH`"));
        }
        if self.segments.len() > 20 {
            return Err(Refusal::argument("segments", "expected at most 20"));
        }
        let portal = cx.portal()?;
        let all = portal.timed(portal.port.faq(&portal.cx, &FaqQuery::default())).await?;
        let there = match &self.faq_entry_id {
            Some(id) => Some(all.into_iter().find(|it| it.id == *id).ok_or_else(|| missing(Code::RecordNotFound))?),
            None => None,
        };
        if self.state == FaqState::Published {
            if there.as_ref().is_some_and(|it| it.internal) {
                return Err(blocked("this answer says how we work inside"));
            }
            let reviewed = there.as_ref().is_some_and(|it| {
                it.state != FaqState::Draft
                    && it.question == self.question.as_str().into()
                    && it.answer == self.answer.as_str().into()
            });
            let was_sensitive = there.as_ref().is_some_and(|it| it.sensitive);
            if (self.is_sensitive() || was_sensitive) && !reviewed {
                let refusal = blocked("an answer about law, payment or promises is published only as it was reviewed");
                return Err(refusal.suggest("Keep it as `reviewed` first; the owner agrees to that."));
            }
        }
        Ok(there)
    }
}

impl Tool for UpsertFaq {
    const NAME: &'static str = "portal.faq_entry.upsert";
    const TITLE: &'static str = "Write a question and answer";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::FaqSet);
    type Output = FaqKept;

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let there = self.check(cx).await?;
        let was_public = there.as_ref().is_some_and(|it| it.state == FaqState::Published && !it.internal);
        let was_sensitive = there.as_ref().is_some_and(|it| it.sensitive);
        let sensitive = self.is_sensitive() || was_sensitive;
        // More kinds of customers than before, or customers at all.
        let had = there.as_ref().filter(|_| was_public).map(|it| it.segments.as_slice());
        let widens = had.is_none_or(|had| {
            let new = |it: &Line<40>| !had.iter().any(|there| there == it.as_str());
            !had.is_empty() && (self.segments.is_empty() || self.segments.iter().any(new))
        });
        let effect = Effect {
            newly_visible: self.state == FaqState::Published && widens,
            public: was_public || self.state == FaqState::Published,
            customer_visible: self.state == FaqState::Published,
            sensitive: sensitive && self.state != FaqState::Draft,
            ..Effect::default()
        };
        let stands = there.as_ref().map(|it| format!("{:?} {}", it.state, it.updated_at));
        let target = self.faq_entry_id.as_ref().map_or("faq:new".to_owned(), |it| format!("faq:{it}"));
        let facts = FaqFacts {
            action: "upsert_faq",
            faq_entry_id: self.faq_entry_id.clone(),
            question_before: there.as_ref().map(|it| it.question.clone()),
            answer_before: there.as_ref().map(|it| it.answer.clone()),
            state_before: there.as_ref().map(|it| it.state),
            question: self.question.as_str().into(),
            answer: self.answer.as_str().into(),
            state: self.state,
            language: self.language.as_str().into(),
            segments: self.segments.iter().map(|it| it.as_str().into()).collect(),
            sensitive,
        };
        let preview = Preview::new(facts, |facts| {
            words(
                "Keep a question and its answer?",
                facts,
                &[
                    ("Which", "faq_entry_id"),
                    ("Question now", "question_before"),
                    ("Question then", "question"),
                    ("Answer now", "answer_before"),
                    ("Answer then", "answer"),
                    ("State now", "state_before"),
                    ("State then", "state"),
                    ("Language", "language"),
                    ("For", "segments"),
                    ("About law, payment or promises", "sensitive"),
                ],
            )
        });
        Ok(preview.with(effect).target(target, stands.unwrap_or_default()))
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<FaqKept>, Refusal> {
        let there = self.check(cx).await?;
        let portal = cx.portal()?;
        let category = self.category.as_ref().map(|it| it.as_str().to_owned());
        let change = FaqChange {
            sensitive: self.is_sensitive() || there.as_ref().is_some_and(|it| it.sensitive),
            category: category.or(there.map(|it| it.category)).unwrap_or_default(),
            id: self.faq_entry_id,
            question: self.question.as_str().to_owned(),
            answer: self.answer.as_str().to_owned(),
            language: self.language.as_str().to_owned(),
            segments: self.segments.iter().map(|it| it.as_str().to_owned()).collect(),
            state: self.state,
            by: by(cx),
        };
        let kept = portal.timed(portal.port.set_faq(&portal.cx, &change)).await.map_err(|error| {
            if error.kind() == ErrorKind::Conflict {
                blocked("this answer says how we work inside")
            } else {
                or_missing(error, Code::RecordNotFound)
            }
        })?;
        Ok(Reply::from(FaqKept { faq_entry_id: kept.id, state: kept.state, message: "Kept" }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S01 and S02 for what the portal would show to everybody.
    #[test]
    fn s02_a_logo_or_domain_is_at_a_public_name_or_refused() {
        assert!(is_picture("https://cdn.msp.example/logo.SVG") && is_public_name("portal.msp.example"));
        for bad in [
            "http://cdn.msp.example/logo.png",
            "https://127.0.0.1/logo.png",
            "https://2130706433/logo.png",
            "https://0x7f.1/logo.png",
            "https://[::1]/logo.png",
            "https://user:pw@cdn.msp.example/logo.png",
            "https://user@cdn.msp.example/logo.png",
            "https://cdn.msp.example:8443/logo.png",
            "https://localhost/logo.png",
            "https://cdn.internal/logo.png",
            "https://cdn.msp.example./logo.png",
            "https://cdn.msp.example/logo.html",
            "data:image/png;base64,AAAA",
            "javascript:alert(1)//logo.png",
            "//cdn.msp.example/logo.png",
            "",
        ] {
            assert!(!is_picture(bad), "{bad}");
        }
        for bad in
            ["10.0.0.1", "localhost", "portal", "a..b", "-a.example", "PORTAL.example", "x.local", "a.0x7f", "a.1"]
        {
            assert!(!is_public_name(bad), "{bad}");
        }
    }

    #[test]
    fn colours_and_languages_are_what_they_say() {
        assert!(is_colour("#12aBef") && !is_colour("#12abe") && !is_colour("red") && !is_colour("#12abeg"));
        assert!(is_language("en") && is_language("de-CH") && !is_language("english") && !is_language("de_CH"));
    }
}
