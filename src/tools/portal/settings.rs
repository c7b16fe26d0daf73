//! How the portal is set up: defaults, looks, questions and answers, forms. None of it is anybody's record.

use super::whose::{MORE, is_customer, paged};
use crate::tools::args::{Count, Line};
use crate::tools::support::view::{Pagination, ReplyFrom, organisation};
use crate::tools::{Kind, Refusal, Reply, Tool, ToolCx};
use jiff::Timestamp;
use postern_api::{
    Channel, FaqEntry, FaqId, FaqQuery, FaqState, FieldClass, FormId, FormKind, FormTemplate, Internal, Text,
    classified,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Read how the customer portal works by default: time zone, sign-in, document versions, notifications, payments, service level
/// and what customers see.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetConfig {}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Config {
    timezone: Text,
    login_policy: Text,
    /// Whether only the newest approved version of a document can be published.
    latest_version_only: bool,
    notification_channels: Vec<Channel>,
    /// How many notifications a person may get about one topic within a day.
    daily_notification_cap: u32,
    payments_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    sla_response_hours: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sla_resolution_hours: Option<u32>,
    visible_by_default: Vec<Text>,
    /// The fewest people behind a figure.
    #[serde(skip_serializing_if = "classified::absent")]
    minimum_group: Option<Internal<u32>>,
}

impl Tool for GetConfig {
    const NAME: &'static str = "portal.config.get";
    const TITLE: &'static str = "Read the portal's defaults";
    const KIND: Kind = Kind::Read;
    const OURS: bool = true;
    type Output = Config;

    async fn call(self, cx: &ToolCx) -> Result<Reply<Config>, Refusal> {
        let portal = cx.portal()?;
        let it = portal.timed(portal.port.config(&portal.cx)).await?;
        Ok(Reply::from(Config {
            timezone: Text::new(it.timezone),
            login_policy: Text::new(it.login_policy),
            latest_version_only: it.latest_version_only,
            notification_channels: it.channels,
            daily_notification_cap: it.daily_notification_cap,
            payments_enabled: it.payments_enabled,
            sla_response_hours: it.sla_response_hours,
            sla_resolution_hours: it.sla_resolution_hours,
            visible_by_default: it.visible_by_default.into_iter().map(Text::new).collect(),
            minimum_group: (!is_customer(cx)).then(|| Internal::new(it.minimum_group)),
        }))
    }
}

/// Read how the customer portal looks: logo, colours, domain, welcome text, languages and white label.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetBranding {}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct BrandingView {
    #[serde(skip_serializing_if = "Option::is_none")]
    logo_url: Option<String>,
    /// `#rrggbb`, by what the colour is for.
    colours: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    welcome_text: Option<Text>,
    /// What stands on the page where people sign in, and its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    login_text: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    login_image_url: Option<String>,
    languages: Vec<Text>,
    white_label: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
}

/// An address as everybody may see it: who signs in with it and what is asked of it may hold a token.
fn public_address(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok().filter(|it| it.scheme() == "https")?;
    Some(format!("https://{}{}", url.host_str()?, url.path()))
}

fn host_name(name: &str) -> Option<String> {
    let letters = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
    };
    (name.len() <= 253 && name.split('.').all(letters)).then(|| name.to_ascii_lowercase())
}

fn colour(name: &str, value: &str) -> Option<(String, String)> {
    let hex = value.strip_prefix('#')?;
    let is_colour = matches!(hex.len(), 3 | 6 | 8) && hex.bytes().all(|it| it.is_ascii_hexdigit());
    let is_word = name.len() <= 40 && name.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_ ".contains(&it));
    (is_colour && is_word).then(|| (name.to_owned(), value.to_owned()))
}

impl Tool for GetBranding {
    const NAME: &'static str = "portal.branding.get";
    const TITLE: &'static str = "Read the portal's branding";
    const KIND: Kind = Kind::Read;
    const OURS: bool = true;
    type Output = BrandingView;

    async fn call(self, cx: &ToolCx) -> Result<Reply<BrandingView>, Refusal> {
        let portal = cx.portal()?;
        let it = portal.timed(portal.port.branding(&portal.cx)).await?;
        let view = BrandingView {
            logo_url: it.logo_url.as_deref().and_then(public_address),
            colours: it.colours.iter().filter_map(|(name, value)| colour(name, value)).collect(),
            domain: it.domain.as_deref().and_then(host_name),
            welcome_text: it.welcome_text.map(Text::new),
            login_text: it.login_text.map(Text::new),
            login_image_url: it.login_image_url.as_deref().and_then(public_address),
            languages: it.languages.into_iter().map(Text::new).collect(),
            white_label: it.white_label,
            updated_at: it.updated_at,
        };
        Ok(view.reply())
    }
}

/// List questions and answers of the portal. Customers see what is published for them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListFaq {
    /// Only this category.
    #[serde(default)]
    category: Option<Line<64>>,
    /// Only this language, for example `en`.
    #[serde(default)]
    language: Option<Line<35>>,
    /// How many to return.
    #[serde(default)]
    limit: Count<20, 1, 50>,
    /// How many to skip.
    #[serde(default)]
    offset: Count<0, 0, 100_000>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FaqList {
    entries: Vec<FaqView>,
    pagination: Pagination,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FaqView {
    faq_id: FaqId,
    question: Text,
    answer: Text,
    category: Text,
    language: Text,
    updated_at: Timestamp,
    /// Which kinds of customers see it; none named: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    segments: Option<Vec<Text>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<FaqState>,
    /// Whether it is about law, payment or promises of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    sensitive: Option<bool>,
    /// Whether it is for employees only.
    #[serde(skip_serializing_if = "Option::is_none")]
    internal: Option<bool>,
}

impl FaqView {
    fn of(it: FaqEntry, for_staff: bool) -> Self {
        Self {
            faq_id: it.id,
            question: it.question,
            answer: it.answer,
            category: Text::new(it.category),
            language: Text::new(it.language),
            updated_at: it.updated_at,
            segments: for_staff.then(|| it.segments.into_iter().map(Text::new).collect()),
            state: for_staff.then_some(it.state),
            sensitive: for_staff.then_some(it.sensitive),
            internal: for_staff.then_some(it.internal),
        }
    }
}

/// Whether a customer of this kind may read it.
fn for_customers(it: &FaqEntry, segment: Option<&str>) -> bool {
    let meant = it.segments.is_empty()
        || segment.is_some_and(|segment| it.segments.iter().any(|it| it.eq_ignore_ascii_case(segment)));
    it.state == FaqState::Published && !it.internal && meant
}

impl Tool for ListFaq {
    const NAME: &'static str = "portal.faq_entries.list";
    const TITLE: &'static str = "List questions and answers";
    const KIND: Kind = Kind::Read;
    const OURS: bool = true;
    type Output = FaqList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<FaqList>, Refusal> {
        let customer = is_customer(cx);
        // The kind of customer is what the organisation subscribes to.
        let segment = if customer {
            let crm = cx.crm()?;
            organisation(&crm, &crm.own()?).await?.subscription_tier
        } else {
            None
        };
        let portal = cx.portal()?;
        let query = FaqQuery {
            category: self.category.map(|it| it.as_str().to_owned()),
            language: self.language.map(|it| it.as_str().to_owned()),
            published_only: customer,
        };
        let mut found = portal.timed(portal.port.faq(&portal.cx, &query)).await?;
        found.retain(|it| !customer || for_customers(it, segment.as_deref()));
        let (found, pagination, more) = paged(found, self.limit.get(), self.offset.get());
        let entries = found.into_iter().map(|it| FaqView::of(it, !customer)).collect();
        Ok(FaqList { entries, pagination }.reply().truncated(more, MORE))
    }
}

/// List the portal's forms and their fields, each with how delicate its answer is: `plain`, `pii` or `sensitive`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListForms {
    /// Only forms for this.
    #[serde(default)]
    kind: Option<FormKind>,
    /// How many to return.
    #[serde(default)]
    limit: Count<20, 1, 50>,
    /// How many to skip.
    #[serde(default)]
    offset: Count<0, 0, 100_000>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FormList {
    forms: Vec<FormView>,
    pagination: Pagination,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FormView {
    form_id: FormId,
    name: Text,
    kind: FormKind,
    version: u32,
    fields: Vec<FieldView>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FieldView {
    name: Text,
    label: Text,
    required: bool,
    class: FieldClass,
    /// The choices; none: free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    choices: Option<Vec<Text>>,
    /// The longest answer, in characters.
    max_length: u32,
}

impl FormView {
    fn of(it: FormTemplate) -> Self {
        let fields = it.fields.into_iter().map(|field| FieldView {
            name: Text::new(field.name),
            label: Text::new(field.label),
            required: field.required,
            class: field.class,
            choices: (!field.choices.is_empty()).then(|| field.choices.into_iter().map(Text::new).collect()),
            max_length: field.max_length,
        });
        Self { form_id: it.id, name: Text::new(it.name), kind: it.kind, version: it.version, fields: fields.collect() }
    }
}

impl Tool for ListForms {
    const NAME: &'static str = "portal.form_templates.list";
    const TITLE: &'static str = "List forms";
    const KIND: Kind = Kind::Read;
    const OURS: bool = true;
    type Output = FormList;

    async fn call(self, cx: &ToolCx) -> Result<Reply<FormList>, Refusal> {
        let portal = cx.portal()?;
        let mut found = portal.timed(portal.port.forms(&portal.cx)).await?;
        found.retain(|it| self.kind.is_none_or(|kind| it.kind == kind));
        let (found, pagination, more) = paged(found, self.limit.get(), self.offset.get());
        let forms = found.into_iter().map(FormView::of).collect();
        Ok(FormList { forms, pagination }.reply().truncated(more, MORE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_may_be_a_secret() {
        let shown = public_address("https://user:pass@cdn.example:8443/logo.svg?token=abc#x");
        assert_eq!(shown.as_deref(), Some("https://cdn.example/logo.svg"));
        assert_eq!(public_address("http://cdn.example/logo.svg"), None);
        assert_eq!(public_address("javascript:alert(1)"), None);
    }

    #[test]
    fn only_a_host_name_is_a_domain_and_only_a_colour_is_a_colour() {
        assert_eq!(host_name("Portal.MSP.example").as_deref(), Some("portal.msp.example"));
        assert_eq!(host_name("portal.msp.example TXT verify=abc"), None);
        assert!(colour("primary", "#12395b").is_some());
        assert!(colour("primary", "#12395").is_none() && colour("primary", "tok_12395b").is_none());
    }
}
