//! Forms that somebody filled in.
//!
//! **Invariant:** an answer is kept only for a field that the form has and in the form that the field takes, for somebody who is of that
//! customer, and with where it came from.

use super::governed::{blocked, meant, named, words};
use super::records::{Source, contacts, own_contact};
use crate::tools::args::{EmailAddress, Line, Prose};
use crate::tools::refusal::{missing, or_missing};
use crate::tools::{Code, Kind, Preview, Refusal, Reply, Tool, ToolCx};
use jiff::Timestamp;
use postern_api::file::is_safe_name;
use postern_api::{
    About, Contact, ErrorKind, FieldClass, FormField, FormId, FormKind, FormTemplate, NewSubmission, Op,
    OrganisationId, Pii, PiiKind, SubmissionId, Text,
};
use postern_policies::{Effect, Realm};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Keep a form that was filled in. Forms without anything delicate are kept at once; delicate ones and those that formally change
/// something are approved first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordSubmission {
    /// For employees: of which customer.
    #[serde(default)]
    customer_id: Option<OrganisationId>,
    /// The form, as `portal.form_templates.list` shows it.
    form_id: FormId,
    /// The version of the form that was filled in.
    form_version: u32,
    /// The answers by field.
    answers: BTreeMap<String, Prose<10_000>>,
    /// Names of files that came with it.
    #[serde(default)]
    #[schemars(length(max = 20))]
    file_names: Vec<Line<160>>,
    /// For employees: the e-mail address of the person who filled it in.
    #[serde(default)]
    submitted_by_email: Option<EmailAddress>,
    /// For employees: how it came in.
    #[serde(default)]
    source: Option<Source>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Recorded {
    submission_id: SubmissionId,
    form_id: FormId,
    at: Timestamp,
    message: &'static str,
}

#[derive(Debug, Serialize)]
struct AnswerView {
    label: Text,
    class: FieldClass,
    value: Text,
}

#[derive(Debug, Serialize)]
struct SubmissionFacts {
    action: &'static str,
    customer_id: OrganisationId,
    form: Text,
    kind: FormKind,
    version: u32,
    submitted_by: Pii,
    source: &'static str,
    answers: Vec<AnswerView>,
    files: Vec<Text>,
}

/// Whether an answer is one that its field takes.
fn fits(field: &FormField, answer: &str) -> Result<(), Refusal> {
    let path = "answers";
    if answer.chars().count() > usize::try_from(field.max_length).unwrap_or(usize::MAX) {
        return Err(Refusal::argument(path, format!("`{}` takes at most {} characters", field.name, field.max_length)));
    }
    if !field.choices.is_empty() && !field.choices.iter().any(|it| it == answer) {
        return Err(Refusal::argument(path, format!("`{}` takes one of its choices", field.name)));
    }
    Ok(())
}

/// Everything that was looked at.
struct Look {
    organisation: OrganisationId,
    form: FormTemplate,
    person: Contact,
}

impl RecordSubmission {
    async fn check(&self, cx: &ToolCx) -> Result<Look, Refusal> {
        let by_staff = cx.caller.realm == Realm::Employee;
        if by_staff != self.submitted_by_email.is_some() || by_staff != self.source.is_some() {
            let expected = "employees say who filled it in and how it came in; customers leave that out";
            return Err(Refusal::argument("submitted_by_email", expected));
        }
        if self.file_names.len() > 20 {
            return Err(Refusal::argument("file_names", "expected at most 20"));
        }
        if self.file_names.iter().any(|it| !is_safe_name(it.as_str())) {
            return Err(blocked("a file is of a kind that is not passed on"));
        }
        let organisation = meant(cx, self.customer_id.as_ref())?;
        let portal = cx.portal()?;
        named(cx, &portal, &organisation)?;
        let forms = portal.timed(portal.port.forms(&portal.cx)).await?;
        let form = forms.into_iter().find(|it| it.id == self.form_id).ok_or_else(|| missing(Code::RecordNotFound))?;
        if form.version != self.form_version {
            return Err(Refusal::argument("form_version", format!("the form is at version {}", form.version)));
        }
        if let Some(unknown) = self.answers.keys().find(|name| form.fields.iter().all(|it| it.name != **name)) {
            return Err(Refusal::argument("answers", format!("the form has no field `{unknown}`")));
        }
        for field in &form.fields {
            match self.answers.get(&field.name) {
                Some(answer) => fits(field, answer.as_str())?,
                None if field.required => {
                    return Err(Refusal::argument("answers", format!("`{}` has to be filled in", field.name)));
                }
                None => {}
            }
        }
        let crm = cx.crm()?;
        let external = named(cx, &crm, &organisation)?;
        let contacts = contacts(&crm, &organisation, &external).await?;
        let person = match &self.submitted_by_email {
            Some(email) => {
                let is = |it: &&Contact| it.email.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(email.as_str()));
                contacts.iter().find(is)
            }
            None => own_contact(cx, &contacts),
        };
        let person = person.cloned().ok_or_else(|| missing(Code::ContactNotFound))?;
        Ok(Look { organisation, form, person })
    }

    fn answered<'a>(&'a self, form: &'a FormTemplate) -> impl Iterator<Item = (&'a FormField, &'a str)> {
        form.fields.iter().filter_map(|it| Some((it, self.answers.get(&it.name)?.as_str())))
    }

    fn source(&self) -> &'static str {
        self.source.map_or("portal", Source::words)
    }
}

impl Tool for RecordSubmission {
    const NAME: &'static str = "portal.form_submission.record";
    const TITLE: &'static str = "Keep a filled-in form";
    const KIND: Kind = Kind::Governed;
    const SENDS: Option<Op> = Some(Op::SubmissionRecord);
    type Output = Recorded;

    async fn preview(&self, cx: &ToolCx) -> Result<Preview, Refusal> {
        let look = self.check(cx).await?;
        let formal = matches!(look.form.kind, FormKind::DrawingApproval | FormKind::ProfileUpdate);
        let delicate = self.answered(&look.form).any(|(it, _)| it.class == FieldClass::Sensitive);
        let about = match cx.caller.realm {
            Realm::Customer => cx.myself(),
            Realm::Employee => About::Contact(look.person.id.clone()),
        };
        let answers = self.answered(&look.form).map(|(field, answer)| AnswerView {
            label: field.label.as_str().into(),
            class: field.class,
            value: match field.class {
                FieldClass::Plain | FieldClass::Pii => answer.into(),
                // Whoever approves knows that it is there; what it says is read where it is kept.
                FieldClass::Sensitive => Text::new(format!("[{} characters]", answer.chars().count())),
            },
        });
        let facts = SubmissionFacts {
            action: "record_submission",
            customer_id: look.organisation.clone(),
            form: look.form.name.as_str().into(),
            kind: look.form.kind,
            version: look.form.version,
            submitted_by: Pii::new(PiiKind::Name, about, &look.person.name),
            source: self.source(),
            answers: answers.collect(),
            files: self.file_names.iter().map(|it| it.as_str().into()).collect(),
        };
        let preview = Preview::new(facts, |facts| {
            words(
                "Keep a form that was filled in?",
                facts,
                &[
                    ("Customer", "customer"),
                    ("Form", "form"),
                    ("Version", "version"),
                    ("Filled in by", "submitted_by"),
                    ("Comes from", "source"),
                    ("Answers", "answers"),
                    ("Files", "files"),
                ],
            )
        });
        let effect = Effect { sensitive: formal || delicate, ..Effect::default() };
        Ok(preview
            .with(effect)
            .target(format!("form:{}", look.form.id), format!("{:?}", look.form.fields))
            .target(format!("contact:{}", look.person.id), "there"))
    }

    async fn call(self, cx: &ToolCx) -> Result<Reply<Recorded>, Refusal> {
        let look = self.check(cx).await?;
        let portal = cx.portal()?;
        let new = NewSubmission {
            organisation: named(cx, &portal, &look.organisation)?,
            form: self.form_id.clone(),
            answers: self.answers.iter().map(|(name, it)| (name.clone(), it.as_str().to_owned())).collect(),
            submitted_by: look.person.email.clone().unwrap_or_else(|| look.person.name.clone()),
            source: self.source().to_owned(),
            files: self.file_names.iter().map(|it| it.as_str().to_owned()).collect(),
        };
        let kept = portal.timed(portal.port.record_submission(&portal.cx, &new)).await.map_err(|error| {
            if error.kind() == ErrorKind::InvalidArgument {
                Refusal::argument("answers", "they do not fit the form")
            } else {
                or_missing(error, Code::RecordNotFound)
            }
        })?;
        let kept = portal.written(kept, &look.organisation)?;
        Ok(Reply::from(Recorded { submission_id: kept.id, form_id: kept.form, at: kept.at, message: "Kept" }))
    }
}
