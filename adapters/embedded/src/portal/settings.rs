//! What the portal does by default, and how it looks.

use crate::convert::{from_json, json, micros, some_time};
use crate::fail::Result;
use crate::once::{self, TENANTS_OWN};
use crate::rows::Rows;
use jiff::Timestamp;
use postern_api::*;

/// The defaults; where nobody set any, those that show and send the least.
pub(super) fn config(rows: &Rows<'_>) -> Result<PortalConfig> {
    let found = rows.one(
        "SELECT timezone, login_policy, latest_version_only, channels, daily_notification_cap, payments_enabled,
         sla_response_hours, sla_resolution_hours, visible_by_default, minimum_group
         FROM portal_config WHERE tenant = :tenant",
        &[],
        |row| {
            Ok(PortalConfig {
                timezone: row.get(0)?,
                login_policy: row.get(1)?,
                latest_version_only: row.get(2)?,
                channels: from_json(row, 3)?,
                daily_notification_cap: row.get(4)?,
                payments_enabled: row.get(5)?,
                sla_response_hours: row.get(6)?,
                sla_resolution_hours: row.get(7)?,
                visible_by_default: from_json(row, 8)?,
                minimum_group: row.get(9)?,
            })
        },
    )?;
    Ok(found.unwrap_or_else(|| PortalConfig {
        timezone: "UTC".to_owned(),
        login_policy: "password".to_owned(),
        latest_version_only: true,
        channels: vec![Channel::InApp],
        daily_notification_cap: 1,
        payments_enabled: false,
        sla_response_hours: None,
        sla_resolution_hours: None,
        visible_by_default: vec![],
        minimum_group: 10,
    }))
}

pub(super) fn branding(rows: &Rows<'_>) -> Result<Branding> {
    let found = rows.one(
        "SELECT logo_url, colours, domain, welcome_text, languages, white_label, updated_at, login_text,
         login_image_url FROM branding WHERE tenant = :tenant",
        &[],
        |row| {
            Ok(Branding {
                logo_url: row.get(0)?,
                colours: from_json(row, 1)?,
                domain: row.get(2)?,
                welcome_text: row.get(3)?,
                languages: from_json(row, 4)?,
                white_label: row.get(5)?,
                updated_at: some_time(row, 6)?,
                login_text: row.get(7)?,
                login_image_url: row.get(8)?,
            })
        },
    )?;
    Ok(found.unwrap_or_default())
}

/// The same write sent again does not undo what was set since.
pub(super) fn set_branding(rows: &Rows<'_>, cx: &CallCx, new: &Branding) -> Result<Branding> {
    if once::earlier(rows, cx, Op::BrandingSet, TENANTS_OWN)?.is_some() {
        return branding(rows);
    }
    rows.change(
        "INSERT INTO branding (tenant, logo_url, colours, domain, welcome_text, languages, white_label, updated_at, login_text,
         login_image_url)
         VALUES (:tenant, :logo, :colours, :domain, :welcome, :languages, :white_label, :now, :login_text, :login_image)
         ON CONFLICT (tenant) DO UPDATE SET logo_url = excluded.logo_url, colours = excluded.colours,
         domain = excluded.domain, welcome_text = excluded.welcome_text, languages = excluded.languages,
         white_label = excluded.white_label, updated_at = excluded.updated_at, login_text = excluded.login_text,
         login_image_url = excluded.login_image_url",
        &[
            (":logo", &new.logo_url),
            (":colours", &json(&new.colours)?),
            (":domain", &new.domain),
            (":welcome", &new.welcome_text),
            (":languages", &json(&new.languages)?),
            (":white_label", &new.white_label),
            (":login_text", &new.login_text),
            (":login_image", &new.login_image_url),
            (":now", &micros(Timestamp::now())),
        ],
    )?;
    once::keep(rows, cx, Op::BrandingSet, TENANTS_OWN, "branding")?;
    branding(rows)
}
