//! One set of policies and tables, loaded whole and checked whole.

use crate::check;
use crate::decide::RefusalClass;
use crate::error::{PolicyErrors, explain};
use crate::govern;
use crate::rights;
use crate::sources::{ROLES, SCHEMA, Sources};
use crate::tables::{self, Toolsets};
use crate::{Reach, Realm, Reveal, Role, Toolset};
use cedar_policy::{Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicyId, PolicySet, Schema};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

/// One tool of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// The name, underscores only.
    pub name: Arc<str>,
    /// The realm that it is for; `None`: both.
    pub realm: Option<Realm>,
    /// Whether it changes something.
    pub writes: bool,
    /// The scopes that it needs of a token that carries scopes.
    pub scopes: Vec<Arc<str>>,
    /// The toolset that it is in.
    pub toolset: String,
    pub(crate) action: EntityUid,
    /// `scopes` as bits of [`Policies::scopes`].
    pub(crate) needs: u64,
}

/// A set of policies and tables without a mistake.
#[derive(Debug, Clone)]
pub struct Policies {
    pub(crate) version: Arc<str>,
    pub(crate) schema: Schema,
    pub(crate) set: PolicySet,
    /// How each `forbid` is answered.
    pub(crate) refusals: HashMap<PolicyId, RefusalClass>,
    /// Roles, realms and actions; a request adds its caller.
    pub(crate) entities: Entities,
    pub(crate) types: Types,
    pub(crate) tools: Vec<Tool>,
    index: HashMap<Arc<str>, usize>,
    roles: Vec<Role>,
    role_index: HashMap<Arc<str>, usize>,
    scopes: Vec<Arc<str>>,
    toolsets: Toolsets,
}

impl Policies {
    /// The policies that are compiled in: validated against their schema, as all are. That they also pass what is tried of an
    /// operator's (tens of thousands of decisions) the tests hold of the same bytes, so that no start waits for it.
    ///
    /// # Errors
    /// Every mistake in them; the tests hold that there is none.
    pub fn builtin() -> Result<Self, PolicyErrors> {
        Self::validated(&Sources::builtin(), PolicyErrors::default())
    }

    /// The policies of a directory with the layout of `policies/`; they replace the builtin ones altogether.
    ///
    /// # Errors
    /// Every mistake at once, with file, policy or row, and what was expected.
    pub fn load(dir: impl AsRef<Path>) -> Result<Self, PolicyErrors> {
        let mut errors = PolicyErrors::default();
        let sources = Sources::read(dir.as_ref(), &mut errors);
        Self::from_sources(&sources, errors)
    }

    pub(crate) fn from_sources(sources: &Sources, errors: PolicyErrors) -> Result<Self, PolicyErrors> {
        let policies = Self::validated(sources, errors)?;
        let mut errors = PolicyErrors::default();
        check::probe(&policies, &mut errors);
        rights::probe(&policies, &mut errors);
        govern::probe(&policies, &mut errors);
        errors.settle(Some(policies))
    }

    fn validated(sources: &Sources, mut errors: PolicyErrors) -> Result<Self, PolicyErrors> {
        let policies = Self::assemble(sources, &mut errors);
        let mut policies = errors.settle(policies)?;
        policies.version = sources.version().into();
        Ok(policies)
    }

    /// Parses and validates everything that can be, whatever else is wrong.
    fn assemble(sources: &Sources, errors: &mut PolicyErrors) -> Option<Self> {
        let roles = tables::roles(sources, errors);
        let schema = parse_schema(&sources.schema.text, errors);
        let (set, refusals) = check::policies(&sources.cedar, schema.as_ref(), roles.as_deref(), errors);
        let tools = schema.as_ref().map(|schema| {
            rights::check(schema, errors);
            govern::check(schema, errors);
            check::tools(schema, errors)
        });
        let names = tools.as_ref().map(|(tools, _)| tools.iter().map(|tool| &*tool.name).collect::<Vec<_>>());
        let toolsets = tables::toolsets(sources, names.as_deref(), errors);
        let (schema, (mut tools, scopes), types) = (schema?, tools?, Types::new()?);
        let (roles, toolsets) = (roles?, toolsets?);
        for tool in &mut tools {
            let mut sets = toolsets.all.iter().filter(|(_, set)| set.tools.iter().any(|name| **name == *tool.name));
            tool.toolset = sets.next().map(|(name, _)| name.clone()).unwrap_or_default();
        }
        let entities = Entities::from_entities(role_entities(&types, &roles), Some(&schema))
            .map_err(|error| errors.file(ROLES, explain("", &error)))
            .ok()?;
        Some(Self {
            version: "".into(),
            schema,
            set,
            refusals,
            entities,
            types,
            index: tools.iter().enumerate().map(|(at, tool)| (Arc::clone(&tool.name), at)).collect(),
            tools,
            role_index: roles.iter().enumerate().map(|(at, role)| (Arc::clone(&role.name), at)).collect(),
            roles,
            scopes,
            toolsets,
        })
    }

    /// SHA-256 of all policy text and tables, in hex.
    pub fn version(&self) -> &Arc<str> {
        &self.version
    }

    /// Every tool, by name.
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// A tool by its name, underscores only.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.get(*self.index.get(name)?)
    }

    /// Every role, customers' first.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// Whether the realm has a role of this name.
    pub fn knows_role(&self, realm: Realm, name: &str) -> bool {
        self.role_index.get(name).and_then(|at| self.roles.get(*at)).is_some_and(|role| role.realm == realm)
    }

    /// Every scope that a tool needs, by name.
    pub fn scopes(&self) -> &[Arc<str>] {
        &self.scopes
    }

    /// Every policy's id, by name.
    pub fn policy_ids(&self) -> Vec<String> {
        let ids: BTreeSet<String> = self.set.policies().map(|policy| policy.id().to_string()).collect();
        ids.into_iter().collect()
    }

    /// Every toolset by its name.
    pub fn toolsets(&self) -> &BTreeMap<String, Toolset> {
        &self.toolsets.all
    }

    /// The toolsets that a realm's lists show where the client asks for none.
    pub fn default_toolsets(&self, realm: Realm) -> &[String] {
        match realm {
            Realm::Customer => &self.toolsets.customer,
            Realm::Employee => &self.toolsets.employee,
        }
    }

    /// Whose records these roles reach: the widest of those known in this realm, `None` where none is.
    pub fn reach(&self, realm: Realm, roles: &BTreeSet<String>) -> Option<Reach> {
        self.known(realm, self.role_bits(roles)).map(|role| role.reach).max()
    }

    /// What these roles see: the widest of those known in this realm, nothing where none is.
    pub fn reveal(&self, realm: Realm, roles: &BTreeSet<String>) -> Reveal {
        self.reveal_of(realm, self.role_bits(roles))
    }

    pub(crate) fn reveal_of(&self, realm: Realm, bits: u64) -> Reveal {
        self.known(realm, bits).map(|role| role.reveal).fold(Reveal::NOTHING, Reveal::wider)
    }

    /// The claimed roles that any table knows, as bits; of either realm, since the policies judge that.
    pub(crate) fn role_bits(&self, roles: &BTreeSet<String>) -> u64 {
        roles.iter().filter_map(|name| self.role_index.get(name.as_str())).fold(0, |bits, at| bits | 1 << at)
    }

    pub(crate) fn scope_bits(&self, scopes: &BTreeSet<String>) -> u64 {
        bits(self.scopes.iter().map(|scope| scopes.contains(&**scope)))
    }

    pub(crate) fn tool_index(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    fn known(&self, realm: Realm, bits: u64) -> impl Iterator<Item = &Role> {
        picked(&self.roles, bits).filter(move |role| role.realm == realm)
    }
}

/// The items whose bit is set.
pub(crate) fn picked<T>(items: &[T], bits: u64) -> impl Iterator<Item = &T> {
    items.iter().enumerate().filter(move |(at, _)| bits >> at & 1 == 1).map(|(_, item)| item)
}

/// Bit n for the n-th that is true, of the first 64.
pub(crate) fn bits(flags: impl Iterator<Item = bool>) -> u64 {
    flags.take(64).enumerate().filter(|(_, set)| *set).fold(0, |bits, (at, _)| bits | 1 << at)
}

/// The schema's entity types that requests are made of.
#[derive(Debug, Clone)]
pub(crate) struct Types {
    action: EntityTypeName,
    caller: EntityTypeName,
    tenant: EntityTypeName,
    realm: EntityTypeName,
    role: EntityTypeName,
    scope: EntityTypeName,
    write: EntityTypeName,
}

impl Types {
    fn new() -> Option<Self> {
        Some(Self {
            action: "Action".parse().ok()?,
            caller: "Caller".parse().ok()?,
            tenant: "Tenant".parse().ok()?,
            realm: "Realm".parse().ok()?,
            role: "Role".parse().ok()?,
            scope: "Scope".parse().ok()?,
            write: "Write".parse().ok()?,
        })
    }

    pub(crate) fn action(&self, name: &str) -> EntityUid {
        uid(&self.action, name)
    }

    pub(crate) fn caller(&self) -> EntityUid {
        uid(&self.caller, "caller")
    }

    pub(crate) fn tenant(&self, tenant: &str) -> EntityUid {
        uid(&self.tenant, tenant)
    }

    pub(crate) fn realm(&self, realm: Realm) -> EntityUid {
        uid(&self.realm, realm.as_str())
    }

    pub(crate) fn role(&self, role: &str) -> EntityUid {
        uid(&self.role, role)
    }

    pub(crate) fn write(&self, tool: &str) -> EntityUid {
        uid(&self.write, tool)
    }

    pub(crate) fn scope(&self, scope: &str) -> EntityUid {
        uid(&self.scope, scope)
    }
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

fn role_entities(types: &Types, roles: &[Role]) -> Vec<Entity> {
    roles
        .iter()
        .map(|role| {
            let mut parents: HashSet<EntityUid> = role.inherits.iter().map(|parent| types.role(parent)).collect();
            parents.insert(types.realm(role.realm));
            Entity::new_no_attrs(types.role(&role.name), parents)
        })
        .collect()
}

fn parse_schema(text: &str, errors: &mut PolicyErrors) -> Option<Schema> {
    if errors.spoils(SCHEMA) {
        return None;
    }
    match Schema::from_cedarschema_str(text) {
        Ok((schema, warnings)) => {
            for warning in warnings {
                errors.file(SCHEMA, explain(text, &warning));
            }
            Some(schema)
        }
        Err(error) => {
            errors.file(SCHEMA, explain(text, &error));
            None
        }
    }
}
