//! `postern account`: keeps local accounts of a data directory.

use super::{Failed, RealmName};
use crate::authority::accounts::address;
use crate::authority::accounts::password::{hash_now, problem};
use crate::store::Store;
use crate::store::sign_in_accounts::{Account as Kept, AccountRealm};
use clap::{Args, Subcommand};
use postern_api::{OrganisationId, TenantId};
use postern_policies::Realm;
use std::io::BufRead as _;
use std::path::PathBuf;

/// Where an account is.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The e-mail address
    email: String,
    /// The data directory
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The tenant's id
    #[arg(long)]
    tenant: TenantId,
    /// The realm
    #[arg(long, value_enum)]
    realm: RealmName,
}

#[derive(Debug, Subcommand)]
pub(super) enum Account {
    /// Add an account; its password is read from the first line of standard input
    Add {
        #[command(flatten)]
        place: Place,
        /// The person's name
        #[arg(long)]
        name: String,
        /// A customer's organisation
        #[arg(long)]
        organisation: Option<OrganisationId>,
        /// A role; give it once for each
        #[arg(long = "role")]
        roles: Vec<String>,
    },
    /// List the accounts of a data directory
    List {
        /// The data directory
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
    /// Give an account other roles and another organisation; what rests on the old ones ends
    Change {
        #[command(flatten)]
        place: Place,
        /// A customer's organisation
        #[arg(long)]
        organisation: Option<OrganisationId>,
        /// A role; give it once for each
        #[arg(long = "role")]
        roles: Vec<String>,
    },
    /// Lock an account; everything of it ends
    Lock(Place),
    /// Unlock an account, and forget its failed attempts
    Unlock(Place),
    /// Set a new password, read from the first line of standard input; everything of the account ends
    Reset {
        #[command(flatten)]
        place: Place,
        /// Remove the authenticator app, too
        #[arg(long)]
        totp: bool,
    },
}

impl Place {
    fn open(&self) -> Result<(Store, AccountRealm, String), Failed> {
        let email = address(&self.email).ok_or(format!("`{}` is no e-mail address", self.email))?;
        Ok((open(&self.data)?, AccountRealm { tenant: self.tenant.clone(), realm: self.realm.into() }, email))
    }

    fn find(&self) -> Result<(Store, Kept), Failed> {
        let (store, at, email) = self.open()?;
        let found = store.account_of(&at, &email)?;
        Ok((store, found.ok_or(format!("there is no account `{email}` in this realm"))?))
    }
}

fn open(data: &std::path::Path) -> Result<Store, Failed> {
    if data.is_dir() {
        Ok(Store::beside(data)?)
    } else {
        Err(format!("`{}` is no data directory", data.display()).into())
    }
}

fn password(email: &str) -> Result<String, Failed> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    problem(password, email).map_or(Ok(()), Err)?;
    Ok(hash_now(password)?)
}

fn belongs(realm: Realm, organisation: Option<&OrganisationId>) -> Result<(), Failed> {
    match (realm, organisation) {
        (Realm::Customer, None) => Err("a customer's account needs `--organisation`".into()),
        (Realm::Employee, Some(_)) => Err("an employee's account has no organisation".into()),
        _ => Ok(()),
    }
}

/// Does it; what to print.
pub(super) fn run(command: Account) -> Result<String, Failed> {
    match command {
        Account::Add { place, name, organisation, roles } => {
            let (store, at, email) = place.open()?;
            belongs(at.realm, organisation.as_ref())?;
            store.add_account(&Kept {
                at,
                id: uuid::Uuid::new_v4().to_string(),
                password: Some(password(&email)?),
                email,
                name,
                organisation,
                roles: roles.into_iter().collect(),
                totp: false,
                locked: false,
            })?;
            Ok("added".into())
        }
        Account::List { data } => {
            let rows = open(&data)?.accounts()?.into_iter().map(|it| {
                let roles = it.roles.into_iter().collect::<Vec<_>>().join(" ");
                let organisation = it.organisation.map_or("-".to_owned(), |it| it.to_string());
                let state = if it.locked { "locked" } else { "open" };
                let totp = if it.totp { "totp" } else { "-" };
                let (tenant, realm) = (it.at.tenant, it.at.realm.as_str());
                format!("{tenant} {realm:<8} {:<32} {organisation} {state} {totp} {roles}\n", it.email)
            });
            Ok(rows.collect())
        }
        Account::Change { place, organisation, roles } => {
            let (store, it) = place.find()?;
            belongs(it.at.realm, organisation.as_ref())?;
            store.change_account(&it.at, &it.id, organisation.as_ref(), &roles.into_iter().collect())?;
            Ok("changed".into())
        }
        Account::Lock(place) => {
            let (store, it) = place.find()?;
            store.lock_account(&it.at, &it.id, true)?;
            Ok("locked".into())
        }
        Account::Unlock(place) => {
            let (store, it) = place.find()?;
            store.lock_account(&it.at, &it.id, false)?;
            Ok("unlocked".into())
        }
        Account::Reset { place, totp } => {
            let (store, it) = place.find()?;
            store.set_password(&it.at, &it.id, &password(&it.email)?)?;
            if totp {
                store.set_totp(&it.at, &it.id, None, &[])?;
            }
            Ok("reset".into())
        }
    }
}
