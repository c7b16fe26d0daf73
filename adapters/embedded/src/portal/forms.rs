//! Forms, and forms that were filled in.

use crate::adapter::required_organisation;
use crate::convert::{from_json, id, json, micros, named, owner, time};
use crate::fail::{Result, refuse};
use crate::once;
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::*;
use rusqlite::Row;

const SELECT: &str = "SELECT key, id, name, kind, version FROM form WHERE tenant = :tenant";

pub(super) fn list(rows: &Rows<'_>) -> Result<Vec<FormTemplate>> {
    let forms = rows.all(&format!("{SELECT} ORDER BY name COLLATE NOCASE, key"), &[], head)?;
    forms.into_iter().map(|(key, form)| with_fields(rows, key, form)).collect()
}

fn head(row: &Row<'_>) -> Result<(i64, FormTemplate)> {
    let form = FormTemplate {
        id: id(row, 1, FormId::new)?,
        name: row.get(2)?,
        kind: named(row, 3)?,
        version: row.get(4)?,
        fields: vec![],
    };
    Ok((row.get(0)?, form))
}

fn with_fields(rows: &Rows<'_>, key: i64, form: FormTemplate) -> Result<FormTemplate> {
    let fields = rows.all(
        "SELECT name, label, required, class, choices, max_length FROM form_field
         WHERE tenant = :tenant AND form = :form ORDER BY place",
        &[(":form", &key)],
        |row| {
            Ok(FormField {
                name: row.get(0)?,
                label: row.get(1)?,
                required: row.get(2)?,
                class: named(row, 3)?,
                choices: from_json(row, 4)?,
                max_length: row.get(5)?,
            })
        },
    )?;
    Ok(FormTemplate { fields, ..form })
}

pub(super) fn submit(rows: &Rows<'_>, cx: &CallCx, new: &NewSubmission) -> Result<Owned<Submission>> {
    let organisation = required_organisation(rows, &cx.reach, &new.organisation)?;
    if let Some(earlier) = once::earlier(rows, cx, Op::SubmissionRecord, organisation)? {
        return stored(rows, &earlier);
    }
    let found = rows.one(&format!("{SELECT} AND id = :id"), &[(":id", &new.form.as_str())], head)?;
    let (key, form) = found.ok_or_else(|| Error::not_found("form"))?;
    let form = with_fields(rows, key, form)?;
    fits(&form, new)?;
    let submission = rows.fresh("SB")?;
    rows.insert(
        "INSERT INTO submission (tenant, id, organisation, form, version, answers, submitted_by, source, files, at)
         VALUES (:tenant, :id, :organisation, :form, :version, :answers, :by, :source, :files, :now)",
        &[
            (":id", &submission),
            (":organisation", &organisation),
            (":form", &key),
            (":version", &form.version),
            (":answers", &json(&new.answers)?),
            (":by", &new.submitted_by),
            (":source", &new.source),
            (":files", &json(&new.files)?),
            (":now", &micros(Timestamp::now())),
        ],
    )?;
    once::keep(rows, cx, Op::SubmissionRecord, organisation, &submission)?;
    stored(rows, &submission)
}

/// Every field that has to be there is, no other one is, and each holds what it may.
fn fits(form: &FormTemplate, new: &NewSubmission) -> Result<()> {
    if new.answers.keys().any(|name| form.fields.iter().all(|it| it.name != *name)) {
        return refuse(ErrorKind::InvalidArgument, "the form has no such field; list the forms and use their fields");
    }
    for field in &form.fields {
        let answer = new.answers.get(&field.name).map_or("", |it| it.trim());
        if answer.is_empty() {
            if field.required {
                return refuse(ErrorKind::InvalidArgument, "a field that has to be filled in is empty");
            }
            continue;
        }
        if answer.chars().count() > usize::try_from(field.max_length).unwrap_or(usize::MAX) {
            return refuse(ErrorKind::InvalidArgument, "an answer is longer than its field allows");
        }
        if !field.choices.is_empty() && !field.choices.iter().any(|it| it == answer) {
            return refuse(ErrorKind::InvalidArgument, "an answer is none of its field's choices");
        }
    }
    Ok(())
}

fn stored(rows: &Rows<'_>, submission: &str) -> Result<Owned<Submission>> {
    let found = rows.one(
        "SELECT o.id, s.id, f.id, s.at FROM submission s JOIN organisation o ON o.key = s.organisation
         JOIN form f ON f.key = s.form WHERE s.tenant = :tenant AND s.id = :id",
        &[(":id", &submission)],
        |row| {
            let record =
                Submission { id: id(row, 1, SubmissionId::new)?, form: id(row, 2, FormId::new)?, at: time(row, 3)? };
            Ok(Owned::new(owner(row, 0)?, record))
        },
    )?;
    found.ok_or_else(|| Error::internal("a submission is gone").into())
}
