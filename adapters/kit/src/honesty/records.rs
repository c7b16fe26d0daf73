//! The operations beside desk, contacts, articles and logins, each called in a way that changes nothing: a write names an
//! organisation or a record that is not there, and a setting is set to what it is.

use crate::fixture::Fixture;
use jiff::Timestamp;
use postern_api::*;
use std::collections::BTreeMap;

pub(super) async fn call(f: &Fixture, op: Op) -> Result<()> {
    match op {
        Op::TicketChange
        | Op::TimeList
        | Op::VocabularyGet
        | Op::UploadGet
        | Op::TicketReply
        | Op::TaskCreate
        | Op::TicketAdjust => desk(f, op).await,
        Op::SiteList | Op::ProfileGet | Op::ProfileChange => crm(f, op).await,
        Op::PortalUserList
        | Op::AccessRoleList
        | Op::AuthPolicyGet
        | Op::PortalUserInvite
        | Op::AccessChange
        | Op::AccessReset
        | Op::AccessEventList => identity(f, op).await,
        Op::InvoiceList | Op::InvoiceGet | Op::PaymentList | Op::AgreementList | Op::PaymentLinkCreate => {
            billing(f, op).await
        }
        Op::DocumentList | Op::DocumentGet | Op::DocumentPublish | Op::DocumentRevoke | Op::DocumentWithdraw => {
            documents(f, op).await
        }
        Op::NoticeList | Op::NoticeStanding | Op::NoticeSend | Op::PreferenceSet => notifications(f, op).await,
        Op::OrderList | Op::ProjectList | Op::ProjectGet | Op::AssetList | Op::BookingList => work(f, op).await,
        _ => portal(f, op).await,
    }
}

/// Some id that names nothing.
fn nothing<T: std::str::FromStr>(f: &Fixture) -> Result<T> {
    f.missing.ticket.as_str().parse().map_err(|_| Error::internal("an id"))
}

async fn desk(f: &Fixture, op: Op) -> Result<()> {
    let port = f.adapter.service_desk().ok_or_else(|| Error::unsupported(op))?;
    if op == Op::TimeList {
        port.time(&f.own_cx(), &f.missing.ticket).await.map(drop)
    } else if op == Op::VocabularyGet {
        port.vocabulary(&f.own_cx()).await.map(drop)
    } else if op == Op::UploadGet {
        port.upload(&f.own_cx(), &f.own.external, &nothing(f)?).await.map(drop)
    } else if op == Op::TicketReply {
        let new = NewComment { author: f.staff_author(), body: "honesty".into(), internal: true };
        port.reply(&f.own_cx(), &f.missing.ticket, &new, &[nothing(f)?]).await.map(drop)
    } else if op == Op::TaskCreate {
        let new = NewTicket { organisation: f.missing.organisation.clone(), ..f.new_ticket("honesty") };
        port.create_task(&f.own_cx(), &new).await.map(drop)
    } else if op == Op::TicketAdjust {
        let adjustment = Adjustment { visibility: Some(Visibility::Private), ..Adjustment::default() };
        port.adjust(&f.own_cx(), &f.missing.ticket, &adjustment).await.map(drop)
    } else {
        let change = TicketChange { priority: Some(Priority::Low), ..TicketChange::default() };
        port.change(&f.own_cx(), &f.missing.ticket, &change).await.map(drop)
    }
}

async fn crm(f: &Fixture, op: Op) -> Result<()> {
    let port = f.adapter.crm().ok_or_else(|| Error::unsupported(op))?;
    if op == Op::SiteList {
        return port.sites(&f.own_cx(), &f.own.external).await.map(drop);
    }
    if op == Op::ProfileGet {
        return port.profile(&f.own_cx(), &f.own.external, None).await.map(drop);
    }
    let change = ProfileChange {
        organisation: f.missing.organisation.clone(),
        contact: None,
        fields: BTreeMap::from([(ProfileField::Website, (None, Some("https://example.invalid".into())))]),
        source: "kit".into(),
        by: "kit".into(),
    };
    port.change_profile(&f.own_cx(), &change).await.map(drop)
}

async fn identity(f: &Fixture, op: Op) -> Result<()> {
    let port = f.adapter.identity().ok_or_else(|| Error::unsupported(op))?;
    let (cx, organisation, user) = (f.own_cx(), f.missing.organisation.clone(), f.missing.contact.clone());
    match op {
        Op::PortalUserList => port.portal_users(&cx, &f.own.external).await.map(drop),
        Op::AccessRoleList => port.access_roles(&cx).await.map(drop),
        Op::AuthPolicyGet => port.auth_policy(&cx).await.map(drop),
        Op::PortalUserInvite => {
            let invitation = PortalInvitation {
                organisation,
                email: "nobody@example.invalid".into(),
                first_name: "No".into(),
                last_name: "Body".into(),
                role: nothing(f)?,
                message: None,
                expires_at: Timestamp::now(),
                by: "kit".into(),
            };
            port.invite_user(&cx, &invitation).await.map(drop)
        }
        Op::AccessChange => {
            let change = AccessChange { organisation, user, from: vec![], to: vec![], reason: None, by: "kit".into() };
            port.change_access(&cx, &change).await.map(drop)
        }
        Op::AccessReset => {
            let reset = AccessReset::Unlock;
            let order = ResetOrder { organisation, user, reset, reason: "kit".into(), by: "kit".into() };
            port.reset_access(&cx, &order).await.map(drop)
        }
        _ => {
            let query = AccessEventQuery {
                organisation: f.own.external.clone(),
                user: None,
                kinds: vec![],
                since: None,
                limit: 1,
            };
            port.access_events(&cx, &query).await.map(drop)
        }
    }
}

async fn billing(f: &Fixture, op: Op) -> Result<()> {
    let port = f.adapter.billing().ok_or_else(|| Error::unsupported(op))?;
    let (cx, organisation) = (f.own_cx(), f.own.external.clone());
    match op {
        Op::InvoiceList => {
            let query = InvoiceQuery {
                organisation: Some(organisation),
                statuses: vec![],
                customer_visible: false,
                offset: 0,
                limit: 1,
            };
            port.invoices(&cx, &query).await.map(drop)
        }
        Op::InvoiceGet => port.invoice(&cx, &nothing(f)?).await.map(drop),
        Op::PaymentList => port.payments(&cx, &organisation, None).await.map(drop),
        Op::AgreementList => port.agreements(&cx, &organisation).await.map(drop),
        _ => {
            let currency = Currency::new("EUR").ok_or_else(|| Error::internal("a currency"))?;
            let new = NewPaymentLink {
                organisation: f.missing.organisation.clone(),
                invoice: nothing(f)?,
                amount: Money::new(Decimal::ONE, currency),
                resend: false,
            };
            port.create_payment_link(&cx, &new).await.map(drop)
        }
    }
}

async fn documents(f: &Fixture, op: Op) -> Result<()> {
    let port = f.adapter.documents().ok_or_else(|| Error::unsupported(op))?;
    let (cx, organisation) = (f.own_cx(), f.missing.organisation.clone());
    match op {
        Op::DocumentList => {
            let query = DocumentQuery {
                organisation: Some(f.own.external.clone()),
                published_only: true,
                kind: None,
                offset: 0,
                limit: 1,
            };
            port.documents(&cx, &query).await.map(drop)
        }
        Op::DocumentGet => port.document(&cx, &nothing(f)?).await.map(drop),
        Op::DocumentPublish => {
            let new = NewPublication {
                organisation,
                document: nothing(f)?,
                version: nothing(f)?,
                roles: vec![],
                download: false,
                expires_at: None,
                by: "kit".into(),
            };
            port.publish(&cx, &new).await.map(drop)
        }
        Op::DocumentWithdraw => port.withdraw(&cx, &withdrawal(f, organisation)?).await.map(drop),
        _ => {
            let revocation = Revocation {
                organisation,
                document: nothing(f)?,
                version: None,
                download_only: false,
                reason: "kit".into(),
                by: "kit".into(),
            };
            port.revoke(&cx, &revocation).await.map(drop)
        }
    }
}

fn withdrawal(f: &Fixture, organisation: ExternalId) -> Result<Withdrawal> {
    Ok(Withdrawal {
        organisation,
        document: nothing(f)?,
        version: None,
        user: f.missing.contact.clone(),
        download_only: false,
        reason: "kit".into(),
        by: "kit".into(),
    })
}

async fn notifications(f: &Fixture, op: Op) -> Result<()> {
    let port = f.adapter.notifications().ok_or_else(|| Error::unsupported(op))?;
    let (cx, organisation) = (f.own_cx(), f.own.external.clone());
    match op {
        Op::NoticeList => {
            let query = NoticeQuery { organisation, recipient: None, topic: None, since: None, limit: 1 };
            port.notices(&cx, &query).await.map(drop)
        }
        Op::NoticeStanding => port.standing(&cx, &organisation).await.map(drop),
        Op::PreferenceSet => {
            let wish = Wish { topic: Topic::Update, channel: Channel::InApp, wanted: true };
            port.prefer(&cx, &organisation, &f.missing.contact, &[wish]).await.map(drop)
        }
        _ => {
            let new = NewNotice {
                organisation: f.missing.organisation.clone(),
                recipients: vec![],
                channel: Channel::InApp,
                topic: Topic::Update,
                subject: "kit".into(),
                body: "kit".into(),
                daily_cap: None,
                by: "kit".into(),
            };
            port.send(&cx, &new).await.map(drop)
        }
    }
}

async fn work(f: &Fixture, op: Op) -> Result<()> {
    let (cx, organisation) = (f.own_cx(), Some(f.own.external.clone()));
    let missing = || Error::unsupported(op);
    match op {
        Op::OrderList => {
            let query = OrderQuery { organisation, kind: None, customer_visible: false, offset: 0, limit: 1 };
            f.adapter.sales().ok_or_else(missing)?.orders(&cx, &query).await.map(drop)
        }
        Op::ProjectList => {
            let query = ProjectQuery { organisation, kinds: vec![], customer_visible: false, offset: 0, limit: 1 };
            f.adapter.projects().ok_or_else(missing)?.projects(&cx, &query).await.map(drop)
        }
        Op::ProjectGet => {
            let id = nothing(f)?;
            f.adapter.projects().ok_or_else(missing)?.project(&cx, &id).await.map(drop)
        }
        Op::AssetList => {
            let query = AssetQuery { organisation, text: None, offset: 0, limit: 1 };
            f.adapter.assets().ok_or_else(missing)?.assets(&cx, &query).await.map(drop)
        }
        _ => {
            let query = BookingQuery { organisation, since: None, until: None, limit: 1 };
            f.adapter.bookings().ok_or_else(missing)?.bookings(&cx, &query).await.map(drop)
        }
    }
}

async fn portal(f: &Fixture, op: Op) -> Result<()> {
    let port = f.adapter.portal().ok_or_else(|| Error::unsupported(op))?;
    let (cx, organisation, now) = (f.own_cx(), f.missing.organisation.clone(), Timestamp::now());
    match op {
        Op::PortalConfigGet => port.config(&cx).await.map(drop),
        Op::BrandingGet => port.branding(&cx).await.map(drop),
        Op::BrandingSet => {
            let as_it_is = port.branding(&cx).await.unwrap_or_default();
            port.set_branding(&cx, &as_it_is).await.map(drop)
        }
        Op::WorkspaceGet => port.workspace(&cx, &f.own.external).await.map(drop),
        Op::WorkspaceCreate => {
            let new = NewWorkspace {
                organisation,
                welcome_text: None,
                default_role: nothing(f)?,
                service_records: vec![],
                documents: vec![],
                invoices: vec![],
                by: "kit".into(),
            };
            port.create_workspace(&cx, &new).await.map(drop)
        }
        Op::FaqList => port.faq(&cx, &FaqQuery::default()).await.map(drop),
        Op::FaqSet => {
            let change = FaqChange {
                id: Some(nothing(f)?),
                question: "kit".into(),
                answer: "kit".into(),
                category: "kit".into(),
                language: "en".into(),
                segments: vec![],
                state: FaqState::Draft,
                sensitive: false,
                by: "kit".into(),
            };
            port.set_faq(&cx, &change).await.map(drop)
        }
        Op::FormList => port.forms(&cx).await.map(drop),
        Op::SubmissionRecord => {
            let (submitted_by, source) = ("kit".into(), "kit".into());
            let new = NewSubmission {
                organisation,
                form: nothing(f)?,
                answers: BTreeMap::new(),
                submitted_by,
                source,
                files: vec![],
            };
            port.record_submission(&cx, &new).await.map(drop)
        }
        Op::ConsentList => port.consents(&cx, &f.own.external).await.map(drop),
        Op::ConsentRecord => {
            let new = ConsentRecord {
                contact: None,
                kind: ConsentKind::Terms,
                granted: false,
                version: "0".into(),
                source: "kit".into(),
                address: None,
                device: None,
                reason: None,
                by: "kit".into(),
                at: now,
            };
            port.record_consent(&cx, &organisation, &new).await.map(drop)
        }
        Op::SnapshotRecord => {
            let new = Snapshot { organisation, from: now, until: now, figures: BTreeMap::new() };
            port.record_snapshot(&cx, &new).await.map(drop)
        }
        other => Err(Error::internal(format!("{} is not called by the kit", other.name()))),
    }
}
