//! Appointments: one report for each organisation's calendar.

use crate::adapter::CalDav;
use crate::event::Reading;
use crate::ical::events;
use crate::time::utc;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use postern_api::http::Effect;
use postern_api::*;
use postern_dav::{DAV, Member, Multistatus, propfind, report};

/// CalDAV's namespace.
const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";
/// Calendars that are read at once.
const AT_ONCE: usize = 4;
/// The longest list.
const MOST: u32 = 200;

/// A time from which, and one before which.
type Window = (Timestamp, Timestamp);

#[async_trait]
impl Bookings for CalDav {
    async fn bookings(&self, cx: &CallCx, query: &BookingQuery) -> Result<Vec<Owned<Booking>>> {
        let organisations = match (&query.organisation, &cx.reach) {
            (Some(one), reach) if reach.contains(one) => vec![one.clone()],
            (Some(_), _) => vec![],
            (None, Reach::Organisations(some)) => some.clone(),
            (None, Reach::Tenant) => self.organisations(cx).await?,
        };
        let window = self.window(query)?;
        let calendars = stream::iter(organisations).map(|it| async move { self.calendar(cx, &it, window).await });
        let calendars: Vec<_> = calendars.buffered(AT_ONCE).try_collect().await?;
        let fits = |it: &Booking| {
            let end = it.ends_at.unwrap_or(it.starts_at);
            query.since.is_none_or(|since| end >= since) && query.until.is_none_or(|until| it.starts_at < until)
        };
        let mut found: Vec<_> = calendars.into_iter().flatten().filter(|(_, it)| fits(it)).collect();
        found.sort_by(|(_, a), (_, b)| (a.starts_at, &a.id).cmp(&(b.starts_at, &b.id)));
        found.dedup_by(|(_, a), (_, b)| a.id == b.id);
        let rows = found.into_iter().take(query.limit.min(MOST) as usize);
        Ok(rows.map(|(owner, booking)| Owned::new(owner, booking)).collect())
    }
}

impl CalDav {
    /// Both ends, so that what recurs for ever ends somewhere.
    fn window(&self, query: &BookingQuery) -> Result<Window> {
        let days = |it: u32| SignedDuration::from_hours(24 * i64::from(it));
        let out = |_| Error::new(ErrorKind::InvalidArgument, "a time that no calendar has");
        let now = Timestamp::now();
        let since = match query.since {
            Some(since) => since,
            None => now.checked_sub(days(self.config.past_days)).map_err(out)?,
        };
        let latest = since.max(now).checked_add(days(self.config.future_days)).map_err(out)?;
        // A second more, since a report leaves out what ends when its window begins.
        let since = since.checked_sub(SignedDuration::from_secs(1)).map_err(out)?;
        let until = query.until.map_or(latest, |until| until.min(latest));
        Ok((since, until.max(since.checked_add(SignedDuration::from_secs(2)).map_err(out)?)))
    }

    /// One organisation's appointments. A calendar that is not there is empty: the customer has none yet.
    async fn calendar(&self, cx: &CallCx, asked: &ExternalId, window: Window) -> Result<Vec<(Owner, Booking)>> {
        let (start, end) = (utc(window.0), utc(window.1));
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><C:calendar-query xmlns:D=\"DAV:\" xmlns:C=\"{CALDAV}\"><D:prop>\
             <D:getetag/><C:calendar-data><C:expand start=\"{start}\" end=\"{end}\"/></C:calendar-data></D:prop><C:filter>\
             <C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VEVENT\"><C:time-range start=\"{start}\" \
             end=\"{end}\"/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
        );
        let response = self.http.send(cx, report(&[asked.as_str()], body)).await?;
        let read = match Multistatus::read(&response, &self.root, Effect::Read, "calendar") {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(vec![]),
            read => read?,
        };
        let mut found = Vec::new();
        for member in &read.members {
            self.add(member, &mut found)?;
        }
        // With an instance within the window a server sends others of the same event too.
        found.retain(|(_, it)| it.ends_at.unwrap_or(it.starts_at) >= window.0 && it.starts_at < window.1);
        Ok(found)
    }

    fn add(&self, member: &Member, found: &mut Vec<(Owner, Booking)>) -> Result<()> {
        let [organisation, _] = member.place.names.as_slice() else {
            return Err(Error::bad_reply("a place outside the calendar that was asked for"));
        };
        // A server that filters less than it was asked sends what is no event too.
        let Some(data) = member.properties.get(CALDAV, "calendar-data") else { return Ok(()) };
        let owner = ExternalId::new(organisation).map_or(Owner::Unknown, Owner::Organisation);
        let reading = Reading { organisation, zone: &self.zone, default_kind: &self.config.default_kind };
        let events = events(&data.text)?;
        for event in &events {
            found.extend(reading.bookings(event, &events)?.into_iter().map(|it| (owner.clone(), it)));
        }
        Ok(())
    }

    /// The organisations that there are calendars for.
    async fn organisations(&self, cx: &CallCx) -> Result<Vec<ExternalId>> {
        let response = self.http.send(cx, propfind(&[], 1, &[(DAV, "resourcetype")])).await?;
        let read = Multistatus::read(&response, &self.root, Effect::Read, "folder")?;
        let calendars = read.members.iter().filter(|it| {
            it.properties.get(DAV, "resourcetype").is_some_and(|it| it.child(CALDAV, "calendar").is_some())
        });
        let name = |it: &Member| match it.place.names.as_slice() {
            [name] => ExternalId::new(name).ok(),
            _ => None,
        };
        let mut found: Vec<ExternalId> = calendars.filter_map(name).collect();
        found.sort_unstable();
        found.truncate(self.config.max_organisations as usize);
        Ok(found)
    }
}
