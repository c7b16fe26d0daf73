//! Builds everything once and serves it.

mod hooks;
mod made;
mod pages;
mod people;
mod tenants;
mod told;

use crate::adapters::Registry;
use crate::audit::{self, Journal};
use crate::authority::Authority;
use crate::authority::fetch::wire::Wire;
use crate::authority::identity::{BrowserSessions, Welcomes};
use crate::authority::live::Live;
use crate::authority::sign_in::SignIn;
use crate::call::audit::Pages;
use crate::call::authorise::Means;
use crate::call::gate::Gate;
use crate::call::host::Host;
use crate::call::redact::lens::Redactor;
use crate::config::Config;
use crate::console;
use crate::console::unsubscribe;
use crate::edge::clock::{Clock, SystemClock};
use crate::edge::config::public_url;
use crate::edge::serve::{self, Drained, Readiness, ServeConfig};
use crate::edge::streams::Streams;
use crate::edge::token::Verifier;
use crate::edge::{self, EdgeParts, confirmations};
use crate::health::Health;
use crate::mcp::{self, McpConfig, Names};
use crate::organisations::Organisations;
use crate::store::{Store, secret_file};
use crate::telemetry;
use crate::tenant::Tenant;
use crate::tools::History;
use crate::unsubscribe::Signer;
use axum::Router;
use made::{Made, made};
use postern_api::{Error, ErrorKind, TenantId};
use postern_policies::{Engine, Policies};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use told::Told;

/// Why Postern cannot start.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CannotStart(String);

impl From<Error> for CannotStart {
    fn from(error: Error) -> Self {
        // The words for a caller say nothing where the facts say what it is.
        let words = (error.kind() != ErrorKind::Internal || error.context().is_empty()).then(|| error.to_string());
        let facts = error.context().iter().map(|(_, value)| value.clone());
        let text = words.into_iter().chain(facts).collect::<Vec<_>>().join(": ");
        match std::error::Error::source(&error) {
            Some(source) => Self(format!("{text}: {source}")),
            None => Self(text),
        }
    }
}

fn cannot(what: &str) -> impl Fn(&dyn std::fmt::Display) -> CannotStart + '_ {
    move |error| CannotStart(format!("{what}: {error}"))
}

/// Everything, built and not yet serving.
#[derive(Debug)]
pub struct App {
    /// The gate, for whoever calls tools without HTTP.
    pub gate: Gate,
    /// The store.
    pub store: Arc<Store>,
    /// The audit log.
    pub journal: Arc<Journal>,
    /// Who may do what.
    pub engine: Arc<Engine>,
    verifier: Arc<Verifier>,
    /// The authorization server, where it is switched on.
    pub authority: Option<Arc<Authority>>,
    sign_in: Arc<SignIn>,
    policies_dir: Option<PathBuf>,
    router: Router,
    operations_listen: SocketAddr,
    operations: Option<TcpListener>,
    health: Health,
    probe_every: Option<Duration>,
    serving: ServeConfig,
    stop: CancellationToken,
}

/// What was built before the routes.
#[derive(Debug)]
pub struct Parts {
    /// The gate.
    pub gate: Gate,
    /// The store.
    pub store: Arc<Store>,
    /// The audit log.
    pub journal: Arc<Journal>,
    /// Who may do what.
    pub engine: Arc<Engine>,
    /// The MSPs.
    pub tenants: Arc<HashMap<TenantId, Arc<Tenant>>>,
    /// Which organisation is which, for whoever administers a tenant.
    pub organisations: Arc<Organisations>,
}

/// What stands in for parts of the outside, where it is not the usual one.
#[derive(Debug, Default)]
pub struct Instead {
    /// Who is signed in to the web pages; else the configured sign-in knows.
    pub sessions: Option<Arc<dyn BrowserSessions>>,
    /// Who knows whether people are still welcome; else the configured sign-in, where nobody stands in for it.
    pub welcomes: Option<Arc<dyn Welcomes>>,
    /// Where clients' descriptions come from; else from the public internet.
    pub documents: Option<Arc<dyn Wire>>,
    /// The authority's, the tokens' and the calls' time; else the machine's.
    pub clock: Option<Arc<dyn Clock>>,
}

impl App {
    /// Builds everything. `open` are routes that need no token, for example the demo's own realms.
    pub fn build(config: Config, listen: SocketAddr, open: Router) -> Result<Self, CannotStart> {
        Self::build_with(config, listen, Instead::default(), |_| open)
    }

    /// Builds everything; the routes that need no token are made of what was built before them.
    pub fn build_with(
        mut config: Config,
        listen: SocketAddr,
        instead: Instead,
        open: impl FnOnce(&Parts) -> Router,
    ) -> Result<Self, CannotStart> {
        let data_dir = &config.server.data_dir;
        std::fs::create_dir_all(data_dir).map_err(|e| cannot(&format!("data directory {}", data_dir.display()))(&e))?;
        let (policies, made) = made(config.authority.enabled && instead.documents.is_none(), || {
            config.policies.dir.as_ref().map_or_else(Policies::builtin, Policies::load)
        });
        let engine = Arc::new(Engine::new(policies.map_err(|e| cannot("policies")(&e))?));
        let Made { scrubber, fetch, documents } = made?;
        let settings = audit::Settings {
            retention_days: config.audit.retention_days,
            legal_hold: config.audit.legal_hold,
            head_every_secs: config.audit.head_every_secs,
            ..audit::Settings::default()
        };
        if config.edge.scopes.is_empty() {
            config.edge.scopes = engine.policies().scopes().iter().map(ToString::to_string).collect();
        }
        // The journal takes the data directory for this process, so it comes before the store.
        let journal = Arc::new(Journal::open(data_dir, settings)?);
        let store = Arc::new(Store::open(data_dir)?);
        let url = public_url(&config.edge.public_url).ok_or_else(|| CannotStart("edge.public_url is no URL".into()))?;
        let signer = Signer::of(data_dir, &url.origin().ascii_serialization())?;
        let registry = Registry::new(data_dir).signing(signer.clone());
        let mut tenants = HashMap::new();
        for tenant in &config.tenants {
            tenants.insert(tenant.id.clone(), Arc::new(tenants::connect(&registry, &store, tenant)?));
        }
        let secret = secret_file::<32>(&data_dir.join("placeholder.key"))?;
        let redactor = Arc::new(Redactor::new(scrubber, &*secret));
        let health = Health::new(tenants.values()).telling(registry.budgets(), registry.breakers());
        let tenants = Arc::new(tenants);
        let clock = instead.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let means = Means {
            policies: engine.clone(),
            tenants: tenants.clone(),
            identities: store.clone(),
            history: Arc::new(journal.clone()) as Arc<dyn History>,
            turns: Arc::default(),
            actions: store.clone(),
            limit: config.call_limit(),
            clock: clock.clone(),
            protocol: config.writes,
        };
        let mut gate = Gate::new(means, redactor, store.clone(), Arc::new(journal.clone()));
        if config.has_console()
            && let Some(url) = public_url(&config.edge.public_url)
        {
            let at = |path: &str| format!("{}{path}", url.origin().ascii_serialization()).into();
            gate = gate
                .deciding_at(Pages { confirm: at(console::CONFIRMATION_PATH), approve: at(console::APPROVAL_PATH) });
        }
        let stop = CancellationToken::new();
        let streams = Streams::default();
        let live = Arc::new(Live::new(clock.clone(), streams.clone(), config.authority.access_token_secs + 120));
        // One for the endpoint and the sign-in, so that each realm is asked for its keys once.
        let verifier = people::verifier(&config, &engine, live.clone(), clock.clone(), fetch.clone())?;
        let sign_in = people::sign_in(&config, &store, &engine, &journal, (&verifier, &clock), fetch)?;
        let own = instead.sessions.is_none().then(|| sign_in.clone() as Arc<dyn Welcomes>);
        let welcomes = instead.welcomes.or(own);
        let asked = welcomes.clone();
        let sessions = instead.sessions.unwrap_or_else(|| sign_in.clone());
        let documents = instead.documents.or(documents);
        let outside = (sessions.clone(), welcomes, documents, clock);
        let authority = people::authority(&config, &engine, &store, &journal, live, outside)?;
        let places = tenants::places(&config, &store)?;
        let organisations = Arc::new(Organisations::new(tenants.clone(), store.clone(), places));
        let parts = Parts { gate, store, journal, engine, tenants, organisations };
        let hooks = hooks::routes(&config, &parts.store, Told(parts.journal.clone()), asked)?;
        let mut open = open(&parts).merge(sign_in.routes()).merge(hooks);
        if let Some(leaving) = tenants::leaving(&config, &registry)? {
            let told = Arc::new(Told(parts.journal.clone()));
            open = open.merge(unsubscribe::routes(unsubscribe::Desk { signer, tenants: leaving, told }));
        }
        if let Some(authority) = &authority {
            sign_in.tell(authority);
            verifier.accept_own(authority);
            config.edge.authorization_servers.insert(0, authority.issuer_url().to_owned());
            open = open.merge(authority.routes());
        }
        if config.has_console()
            && let Some(authority) = &authority
        {
            open = open.merge(pages::console(&config, &parts, authority, sessions, &health));
        }
        let Parts { gate, store, journal, engine, .. } = parts;
        if authority.is_some() && config.authority.advertise_realms {
            config.edge.authorization_servers.extend(verifier.advertised());
        }
        let router = router(&config, listen, open, &gate, &journal, &verifier, (&stop, streams))?;
        Ok(Self {
            gate,
            store,
            journal,
            engine,
            verifier,
            authority,
            sign_in,
            policies_dir: config.policies.dir,
            router,
            operations_listen: config.server.operations_listen,
            operations: None,
            health,
            probe_every: (config.server.probe_secs > 0).then(|| Duration::from_secs(config.server.probe_secs)),
            serving: ServeConfig {
                drain_secs: config.server.drain_secs,
                unready_secs: config.server.unready_secs,
                ..ServeConfig::default()
            },
            stop,
        })
    }

    /// Stops serving when cancelled.
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Listens for operators, so that what goes wrong with it is known before anybody is told that it serves.
    ///
    /// # Errors
    /// Where the address is taken or not this machine's.
    pub async fn listen_for_operators(&mut self) -> Result<(), CannotStart> {
        let operations = TcpListener::bind(self.operations_listen).await;
        self.operations = Some(operations.map_err(|e| {
            let at = self.operations_listen;
            let elsewhere = "choose another by `server.operations_listen`, for the demo by `--operations`";
            CannotStart(format!("cannot listen for operators at {at}: {e}; {elsewhere}"))
        })?);
        Ok(())
    }

    /// Serves until it is stopped, by [`App::stop`] or by a signal of the operating system.
    pub async fn serve(mut self, listener: TcpListener) -> Result<(), CannotStart> {
        if self.operations.is_none() {
            self.listen_for_operators().await?;
        }
        let Some(operations) = self.operations.take() else { return Ok(()) };
        let ready = Readiness::over([self.store.disk().clone(), self.journal.disk().clone()]);
        let systems = self.health.clone();
        let health =
            serve::operations(ready.clone(), Arc::new(telemetry::render), Arc::new(move || systems.render()), &[]);
        // Health and metrics go on while requests drain.
        let after = CancellationToken::new();
        let served = serve::serve(
            operations,
            health,
            ServeConfig { drain_secs: 1, ..self.serving },
            Readiness::default(),
            after.clone(),
        );
        let health = tokio::spawn(served);
        let tending = tokio::spawn(self.journal.clone().tend(after.clone()));
        if let Some(every) = self.probe_every {
            tokio::spawn(self.health.watch(every, self.stop.clone()));
        }
        // What was ended while Postern was down has ended before the first request.
        self.sign_in.settle();
        let looking = tokio::spawn(self.sign_in.tend(after.clone()));
        let looking_after = tokio::spawn(self.gate.reconciler().run(self.stop.clone()));
        let keeping = self.authority.clone().map(|it| tokio::spawn(it.tend(after.clone())));
        tokio::spawn(signals(self.stop.clone(), self.engine, self.verifier, self.policies_dir));
        match serve::serve(listener, self.router, self.serving, ready, self.stop).await {
            Drained::Whole => tracing::info!("stopped; every request had ended"),
            Drained::Cut => tracing::warn!("stopped; some requests were cut"),
        }
        after.cancel();
        for task in [Some(tending), Some(looking), Some(looking_after), keeping].into_iter().flatten() {
            task.await.map_err(|e| cannot("audit")(&e))?;
        }
        health.await.map_err(|e| cannot("operations")(&e))?;
        Ok(())
    }
}

/// SIGTERM and Ctrl-C stop; SIGHUP reads the policies again, and keeps the old ones where the new ones are wrong.
async fn signals(stop: CancellationToken, engine: Arc<Engine>, verifier: Arc<Verifier>, policies: Option<PathBuf>) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut hup)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) else {
        tracing::error!("signals cannot be received");
        return;
    };
    loop {
        tokio::select! {
            _ = term.recv() => break,
            _ = tokio::signal::ctrl_c() => break,
            _ = hup.recv() => match &policies {
                None => tracing::warn!("the built-in policies are in force; there is nothing to read again"),
                Some(dir) => match engine.reload(dir) {
                    Ok(version) => {
                        // A verified token holds the roles that the policies knew then.
                        verifier.forget();
                        tracing::info!(%version, "policies were read again");
                    }
                    Err(errors) => tracing::error!(%errors, "the new policies are wrong; the old ones stay in force"),
                },
            },
            () = stop.cancelled() => return,
        }
    }
    tracing::info!("stopping");
    stop.cancel();
}

fn router(
    config: &Config,
    listen: SocketAddr,
    open: Router,
    gate: &Gate,
    journal: &Arc<Journal>,
    verifier: &Arc<Verifier>,
    (stop, streams): (&CancellationToken, Streams),
) -> Result<Router, CannotStart> {
    let host: Arc<dyn Host> = Arc::new(gate.clone());
    let key = secret_file::<32>(&config.server.data_dir.join("state.key"))?;
    let mut endpoint = McpConfig::new(&*key).map_err(|e| cannot("state key")(&e))?;
    endpoint.names = if config.calls.underscored_names { Names::Underscored } else { Names::Own };
    endpoint.max_body_bytes = config.edge.limits.body_bytes;
    endpoint.stop = stop.clone();
    // The edge has checked `Origin` before; what it let through is ours.
    endpoint.allowed_origins.clone_from(&config.edge.allowed_origins);
    let parts = EdgeParts {
        config: config.edge.clone(),
        verifier: verifier.clone(),
        rejections: Arc::new(Told(journal.clone())),
        listener: Some(listen),
        drain: stop.clone(),
        streams,
        guarded: confirmations::routes(host.clone()),
        open,
    };
    edge::router(mcp::service(host, endpoint), parts).map_err(|e| cannot("edge")(&e))
}
