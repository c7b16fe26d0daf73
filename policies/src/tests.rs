//! Tests of the whole: builtin policies, their matrix, loading, and what may never happen.

mod corpus;
mod deciding;
mod governed;
mod loading;
mod mutations;
mod speed;
mod words;

use crate::{Facts, Policies, Realm, Subject};
use std::collections::BTreeSet;

pub(crate) fn builtin() -> Policies {
    Policies::builtin().unwrap_or_else(|errors| panic!("{errors}"))
}

pub(crate) fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A subject that owns what it names.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) realm: Realm,
    pub(crate) roles: BTreeSet<String>,
    pub(crate) scopes: Option<BTreeSet<String>>,
    pub(crate) service: bool,
}

impl Person {
    pub(crate) fn customer(roles: &[&str]) -> Self {
        Self { realm: Realm::Customer, roles: set(roles), scopes: None, service: false }
    }

    pub(crate) fn employee(roles: &[&str]) -> Self {
        Self { realm: Realm::Employee, ..Self::customer(roles) }
    }

    pub(crate) fn with(mut self, scopes: &[&str]) -> Self {
        self.scopes = Some(set(scopes));
        self
    }

    pub(crate) fn subject(&self) -> Subject<'_> {
        Subject {
            realm: self.realm,
            tenant: "msp",
            roles: &self.roles,
            scopes: self.scopes.as_ref(),
            service: self.service,
        }
    }
}

pub(crate) const NONE: Facts = Facts { priority: None, visibility: None, granted_role: None };
