//! What no other system keeps of a customer portal.

mod consents;
mod faq;
mod forms;
mod settings;
mod workspaces;

use crate::adapter::{Tenant, required_organisation};
use crate::convert::{json, micros, owner};
use crate::fail::{Result as Inner, refuse};
use crate::once;
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::*;

pub(crate) use consents::keep as keep_consent;

#[async_trait]
impl Portal for Tenant {
    async fn config(&self, cx: &CallCx) -> Result<PortalConfig> {
        self.read(cx, settings::config)
    }

    async fn branding(&self, cx: &CallCx) -> Result<Branding> {
        self.read(cx, settings::branding)
    }

    async fn set_branding(&self, cx: &CallCx, new: &Branding) -> Result<Branding> {
        let (call, new) = (cx.clone(), new.clone());
        self.write(cx, move |rows| settings::set_branding(rows, &call, &new)).await
    }

    async fn workspace(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Option<Owned<Workspace>>> {
        self.read(cx, |rows| {
            let organisation = required_organisation(rows, &cx.reach, organisation)?;
            workspaces::of(rows, organisation)
        })
    }

    async fn create_workspace(&self, cx: &CallCx, new: &NewWorkspace) -> Result<Owned<Workspace>> {
        let (call, new) = (cx.clone(), new.clone());
        self.write(cx, move |rows| workspaces::create(rows, &call, &new)).await
    }

    async fn faq(&self, cx: &CallCx, query: &FaqQuery) -> Result<Vec<FaqEntry>> {
        self.read(cx, |rows| faq::list(rows, query))
    }

    async fn set_faq(&self, cx: &CallCx, change: &FaqChange) -> Result<FaqEntry> {
        let (call, change) = (cx.clone(), change.clone());
        self.write(cx, move |rows| faq::set(rows, &call, &change)).await
    }

    async fn forms(&self, cx: &CallCx) -> Result<Vec<FormTemplate>> {
        self.read(cx, forms::list)
    }

    async fn record_submission(&self, cx: &CallCx, new: &NewSubmission) -> Result<Owned<Submission>> {
        let (call, new) = (cx.clone(), new.clone());
        self.write(cx, move |rows| forms::submit(rows, &call, &new)).await
    }

    async fn consents(&self, cx: &CallCx, organisation: &ExternalId) -> Result<Vec<Owned<ConsentRecord>>> {
        self.read(cx, |rows| consents::list(rows, required_organisation(rows, &cx.reach, organisation)?))
    }

    async fn record_consent(
        &self,
        cx: &CallCx,
        organisation: &ExternalId,
        new: &ConsentRecord,
    ) -> Result<Owned<ConsentRecord>> {
        let (call, organisation, new) = (cx.clone(), organisation.clone(), new.clone());
        self.write(cx, move |rows| consents::record(rows, &call, &organisation, &new)).await
    }

    async fn record_snapshot(&self, cx: &CallCx, new: &Snapshot) -> Result<Owned<()>> {
        let (call, new) = (cx.clone(), new.clone());
        self.write(cx, move |rows| snapshot(rows, &call, &new)).await
    }
}

/// Keeps figures. A number that is none, and a time that ends before it begins, are refused.
fn snapshot(rows: &Rows<'_>, cx: &CallCx, new: &Snapshot) -> Inner<Owned<()>> {
    let organisation = required_organisation(rows, &cx.reach, &new.organisation)?;
    let whose = rows.one(
        "SELECT id FROM organisation WHERE tenant = :tenant AND key = :key",
        &[(":key", &organisation)],
        |row| owner(row, 0),
    )?;
    let answer = Owned::new(whose.unwrap_or(Owner::Unknown), ());
    if once::earlier(rows, cx, Op::SnapshotRecord, organisation)?.is_some() {
        return Ok(answer);
    }
    if new.until < new.from {
        return refuse(ErrorKind::InvalidArgument, "the time ends before it begins");
    }
    if !new.figures.values().all(|it| it.is_finite()) {
        return refuse(ErrorKind::InvalidArgument, "a figure is no number");
    }
    let key = rows.insert(
        "INSERT INTO snapshot (tenant, organisation, from_at, until_at, figures, at)
         VALUES (:tenant, :organisation, :from, :until, :figures, :now)",
        &[
            (":organisation", &organisation),
            (":from", &micros(new.from)),
            (":until", &micros(new.until)),
            (":figures", &json(&new.figures)?),
            (":now", &micros(Timestamp::now())),
        ],
    )?;
    once::keep(rows, cx, Op::SnapshotRecord, organisation, &key.to_string())?;
    Ok(answer)
}
