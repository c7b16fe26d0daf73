//! The knowledge base: what customers may read, and what only employees may.

use super::ago;
use crate::convert::micros;
use crate::fail::Result;
use crate::rows::Rows;
use jiff::Timestamp;

struct Entry {
    title: &'static str,
    category: &'static str,
    summary: &'static str,
    body: &'static str,
    public: bool,
    views: i64,
    helpful: Option<i64>,
    days_ago: i64,
}

const fn public(title: &'static str, category: &'static str, summary: &'static str, body: &'static str) -> Entry {
    Entry { title, category, summary, body, public: true, views: 0, helpful: None, days_ago: 0 }
}

const fn internal(title: &'static str, category: &'static str, summary: &'static str, body: &'static str) -> Entry {
    Entry { public: false, ..public(title, category, summary, body) }
}

impl Entry {
    const fn read(self, views: i64, helpful: i64, days_ago: i64) -> Self {
        Self { views, helpful: Some(helpful), days_ago, ..self }
    }
}

const ENTRIES: &[Entry] = &[
    public(
        "Connect to the VPN from home",
        "Network",
        "Install the client, sign in with your company account, confirm on your phone.",
        "1. Install the VPN client from the company portal.\n2. Sign in with your e-mail address and password.\n3. Confirm \
         the sign-in on your phone.\nIf the connection drops, update the client first and then restart it.",
    )
    .read(1_840, 91, 12),
    public(
        "Reset your password",
        "Accounts",
        "Use the self-service page; the link is valid for 15 minutes.",
        "Open the self-service page and enter your e-mail address. The link in the message is valid for 15 minutes. \
         Never send a password in a ticket: we do not need it and will never ask for it.",
    )
    .read(3_122, 88, 40),
    public(
        "Register a new phone for multi-factor sign-in",
        "Security",
        "Add the new phone before you give the old one away.",
        "Sign in on your PC, open Security info and add the new phone. Test it, then remove the old one. Without the old \
         phone, ask your lead contact to open a ticket.",
    )
    .read(960, 79, 25),
    public(
        "Recognise a phishing mail",
        "Security",
        "Check the sender's domain, distrust haste, report with one click.",
        "Look at the domain behind the sender's name, not at the name. Distrust changed bank accounts and haste. Use the \
         Report button: we look at every report and take such mails out of all mailboxes.",
    )
    .read(1_405, 94, 8),
    public(
        "Printer shows offline",
        "Hardware",
        "Restart the printer, then remove and add it again.",
        "Switch the printer off for 30 seconds. If it stays offline, remove it from your PC and add it again from the \
         company list. Labels at the wrong size: choose the label format in the driver's settings.",
    )
    .read(2_210, 72, 90),
    public(
        "Restore a deleted file yourself",
        "Backup",
        "Previous versions go back 30 days.",
        "Right-click the folder and choose Previous versions. They go back 30 days. For anything older open a ticket and \
         tell us the folder and the date.",
    )
    .read(745, 85, 61),
    public(
        "What our priorities mean",
        "General",
        "Critical stops work, low can wait; each plan has its own times.",
        "Critical: work has stopped. High: work is hindered. Medium: usual requests. Low: whenever there is time. Your plan \
         says how fast we answer and solve.",
    )
    .read(388, 66, 120),
    public(
        "Order hardware and licences",
        "Billing",
        "Your lead contact orders through a ticket of the category Billing.",
        "Lead contacts order with a ticket. Tell us what, for whom and by when. You get a quote within a working day.",
    )
    .read(290, 70, 33),
    internal(
        "VPN gateway firmware: rekey bug",
        "Network",
        "Gateways before 9.4.2 drop tunnels on rekey; update out of hours.",
        "Symptom: VPN drops every five minutes. Gateways before 9.4.2 lose the tunnel on rekey. Runbook RB-VPNREKEY: take \
         the standby out, update, fail over, update the other. Do not tell customers the version numbers.",
    )
    .read(58, 95, 5),
    internal(
        "Break-glass accounts",
        "Security",
        "Where the emergency accounts are and who may open the safe.",
        "Two accounts a customer, kept in the vault under glass. Two people open it together and write down why. Change the \
         password after each use.",
    )
    .read(21, 100, 44),
    internal(
        "Talking about a breached service level",
        "General",
        "What to say, what not, and when to bring in the service lead.",
        "Say what happened and what changes. Do not promise credits. From the second breach in a month the service lead \
         calls the customer.",
    )
    .read(73, 81, 70),
    internal(
        "Password resets: checking who is calling",
        "Accounts",
        "Call back on the number on file, never on the one that the caller gives.",
        "Call back on the number in the CRM. For leads ask a second person at the customer. Never reset a password because \
         a mail asks for it.",
    )
    .read(112, 90, 15),
];

pub(super) fn seed(rows: &Rows<'_>, now: Timestamp) -> Result<()> {
    for entry in ENTRIES {
        let key = rows.insert(
            "INSERT INTO article (tenant, id, title, category, summary, body, public, views, helpful_percentage, updated_at)
             VALUES (:tenant, :id, :title, :category, :summary, :body, :public, :views, :helpful, :at)",
            &[
                (":id", &format!("KB-{:04}", rows.next("article")?)),
                (":title", &entry.title),
                (":category", &entry.category),
                (":summary", &entry.summary),
                (":body", &entry.body),
                (":public", &entry.public),
                (":views", &entry.views),
                (":helpful", &entry.helpful),
                (":at", &micros(ago(now, entry.days_ago * 24 * 60))),
            ],
        )?;
        let sql = if entry.public {
            "INSERT INTO article_words (rowid, scope, title, summary, body)
             SELECT key, :scope, title, summary, body FROM article WHERE tenant = :tenant AND key = :key"
        } else {
            "INSERT INTO internal_article_words (rowid, scope, title, summary, body)
             SELECT key, :scope, title, summary, body FROM article WHERE tenant = :tenant AND key = :key"
        };
        rows.change(sql, &[(":scope", &rows.scope_word()), (":key", &key)])?;
    }
    Ok(())
}
