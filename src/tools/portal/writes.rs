//! The portal's previews and governed writes, one row each.

use super::{
    access, activation, consents, figures, handing_in, inviting, looks, moving, paying, publishing, records, replying,
    requesting, resetting, taking_back, telling,
};
use crate::tools::Entry;

/// The previews and writes of the customer portal.
pub(in crate::tools) const WRITES: &[Entry] = &[
    Entry::preview_of::<publishing::Publish>(
        "portal.document_publish.preview",
        "Preview the publishing of a document",
        publishing::PUBLISH_PREVIEW,
    ),
    Entry::from_preview::<publishing::Publish>(publishing::PUBLISH),
    Entry::of::<taking_back::Revoke>(),
    Entry::preview_of::<paying::CreateLink>(
        "portal.payment_action.preview",
        "Preview a payment link",
        paying::PAYMENT_PREVIEW,
    ),
    Entry::from_preview::<paying::CreateLink>(paying::LINK),
    Entry::preview_of::<activation::CreateWorkspace>(
        "portal.activation.preview",
        "Preview the opening of a portal",
        activation::ACTIVATION_PREVIEW,
    ),
    Entry::from_preview::<activation::CreateWorkspace>(activation::WORKSPACE),
    Entry::of::<inviting::InviteUser>(),
    Entry::preview_of::<replying::AddReply>(
        "portal.support_reply.preview",
        "Preview a reply to a request",
        replying::REPLY_PREVIEW,
    ),
    Entry::from_preview::<replying::AddReply>(replying::REPLY),
    Entry::of::<requesting::CreateRequest>(),
    Entry::of::<moving::UpdateStatus>(),
    Entry::preview_of::<access::UpdateRoles>(
        "portal.access_scope.preview",
        "Preview a portal user's new roles",
        access::SCOPE_PREVIEW,
    ),
    Entry::from_preview::<access::UpdateRoles>(access::ROLES),
    Entry::of::<resetting::ResetAccess>(),
    Entry::preview_of::<telling::Send>(
        "portal.notification.preview",
        "Preview a notification",
        telling::NOTIFICATION_PREVIEW,
    ),
    Entry::from_preview::<telling::Send>(telling::NOTIFICATION),
    Entry::preview_of::<records::UpdateProfile>(
        "portal.profile_update.preview",
        "Preview a change of a profile",
        records::PROFILE_PREVIEW,
    ),
    Entry::from_preview::<records::UpdateProfile>(records::PROFILE),
    Entry::of::<handing_in::RecordSubmission>(),
    Entry::of::<consents::UpdateConsent>(),
    Entry::of::<looks::UpsertFaq>(),
    Entry::of::<looks::UpsertBranding>(),
    Entry::of::<figures::RecordSnapshot>(),
];
