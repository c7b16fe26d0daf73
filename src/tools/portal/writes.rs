//! The portal's previews and governed writes, one row each.

use super::{activation, paying, publishing};
use crate::tools::Entry;

/// The previews and writes of the customer portal.
pub(in crate::tools) const WRITES: &[Entry] = &[
    Entry::preview_of::<publishing::Publish>(
        "portal.document_publish.preview",
        "Preview the publishing of a document",
        publishing::PUBLISH_PREVIEW,
    ),
    Entry::from_preview::<publishing::Publish>(publishing::PUBLISH),
    Entry::of::<publishing::Revoke>(),
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
    Entry::of::<activation::InviteUser>(),
];
