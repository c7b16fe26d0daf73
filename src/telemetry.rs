//! Logs, traces and metrics. Names follow OpenTelemetry's MCP and HTTP conventions; labels are small closed sets.

use crate::call::audit::Row;
use crate::config::{LogFormat, TelemetryConfig};
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_otlp::{WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use postern_api::TenantId;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram};
use prometheus_client::registry::Registry;
use std::io::IsTerminal as _;
use std::sync::LazyLock;
use std::time::Duration;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// What is logged unless the configuration says otherwise. rmcp logs arguments and answers below `error`, so it stays there.
const FILTER: &str = "info,rmcp=error";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    tool: &'static str,
    decision: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ToolLabel {
    tool: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VendorLabel {
    vendor: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TurnLabels {
    vendor: &'static str,
    urgency: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SystemLabels {
    tenant: String,
    system: String,
}

#[derive(Debug)]
struct Metrics {
    registry: Registry,
    calls: Family<CallLabels, Counter>,
    duration: Family<ToolLabel, Histogram>,
    upstream: Family<ToolLabel, Histogram>,
    redacted: Counter,
    dropped: Counter,
    rejected: Family<ReasonLabel, Counter>,
    turns: Family<TurnLabels, Histogram>,
    waiting: Family<VendorLabel, Gauge>,
    refused: Family<VendorLabel, Counter>,
    paused: Family<VendorLabel, Counter>,
    breakers: Family<SystemLabels, Counter>,
    systems: Family<SystemLabels, Gauge>,
    disk: Gauge,
}

fn histogram() -> Histogram {
    Histogram::new([0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0])
}

static METRICS: LazyLock<Metrics> = LazyLock::new(|| {
    let mut registry = Registry::default();
    let metrics = Metrics {
        calls: Family::default(),
        duration: Family::new_with_constructor(histogram),
        upstream: Family::new_with_constructor(histogram),
        redacted: Counter::default(),
        dropped: Counter::default(),
        rejected: Family::default(),
        turns: Family::new_with_constructor(histogram),
        waiting: Family::default(),
        refused: Family::default(),
        paused: Family::default(),
        breakers: Family::default(),
        systems: Family::default(),
        disk: Gauge::default(),
        registry: Registry::default(),
    };
    registry.register("postern_calls", "Tool calls by tool and decision", metrics.calls.clone());
    registry.register("postern_call_duration_seconds", "Time of a whole call", metrics.duration.clone());
    registry.register(
        "postern_upstream_duration_seconds",
        "Time that a call waited for connected systems",
        metrics.upstream.clone(),
    );
    registry.register("postern_redacted_values", "Values that the redactor replaced", metrics.redacted.clone());
    registry.register(
        "postern_foreign_rows_dropped",
        "Rows outside the caller's scope that a system returned",
        metrics.dropped.clone(),
    );
    registry.register("postern_rejected_requests", "Requests refused at the edge", metrics.rejected.clone());
    registry.register(
        "postern_upstream_budget_wait_seconds",
        "Time that a request waited for its turn at a vendor",
        metrics.turns.clone(),
    );
    registry.register("postern_upstream_budget_waiting", "Requests that wait for a turn", metrics.waiting.clone());
    registry.register(
        "postern_upstream_budget_refused",
        "Requests for which there was no turn in time",
        metrics.refused.clone(),
    );
    registry.register(
        "postern_upstream_budget_pauses",
        "Times that a vendor asked to slow down",
        metrics.paused.clone(),
    );
    metrics.disk.set(1);
    registry.register(
        "postern_disk_up",
        "Whether the disk kept what was written down; 0 until Postern is started again",
        metrics.disk.clone(),
    );
    registry.register(
        "postern_upstream_breaker_opened",
        "Times that a system was left alone because it kept failing",
        metrics.breakers.clone(),
    );
    registry.register("postern_system_up", "Whether a connected system answers", metrics.systems.clone());
    Metrics { registry, ..metrics }
});

/// A call ended.
pub fn called(row: &Row, took: Duration) {
    let metrics = &*METRICS;
    let tool = if row.tool.is_empty() { "none" } else { row.tool };
    metrics.calls.get_or_create(&CallLabels { tool, decision: row.decision.as_str() }).inc();
    metrics.duration.get_or_create(&ToolLabel { tool }).observe(took.as_secs_f64());
    if !row.upstream.is_zero() {
        metrics.upstream.get_or_create(&ToolLabel { tool }).observe(row.upstream.as_secs_f64());
    }
    metrics.redacted.inc_by(u64::from(row.redacted));
    metrics.dropped.inc_by(u64::from(row.dropped));
}

/// A request was refused at the edge.
pub fn rejected(reason: &'static str) {
    METRICS.rejected.get_or_create(&ReasonLabel { reason }).inc();
}

/// A request got its turn at a vendor.
pub fn budget_turn(vendor: &'static str, background: bool, waited: Duration) {
    let urgency = if background { "background" } else { "interactive" };
    METRICS.turns.get_or_create(&TurnLabels { vendor, urgency }).observe(waited.as_secs_f64());
}

/// More or fewer requests wait for their turn at a vendor.
pub fn budget_waiting(vendor: &'static str, change: i64) {
    METRICS.waiting.get_or_create(&VendorLabel { vendor }).inc_by(change);
}

/// There was no turn for a request before its deadline.
pub fn budget_refused(vendor: &'static str) {
    METRICS.refused.get_or_create(&VendorLabel { vendor }).inc();
}

/// A vendor asked to slow down.
pub fn budget_paused(vendor: &'static str) {
    METRICS.paused.get_or_create(&VendorLabel { vendor }).inc();
}

/// A connected system kept failing and is left alone for a moment. Both labels are names of the configuration.
pub fn breaker_opened(tenant: &TenantId, system: &str) {
    let labels = SystemLabels { tenant: tenant.to_string(), system: system.to_owned() };
    METRICS.breakers.get_or_create(&labels).inc();
}

/// A connected system answers, or does not. Both labels are names of the configuration.
pub fn system_up(tenant: &TenantId, system: &str, up: bool) {
    let labels = SystemLabels { tenant: tenant.to_string(), system: system.to_owned() };
    METRICS.systems.get_or_create(&labels).set(i64::from(up));
}

/// The span of one tool call, named as OpenTelemetry's MCP conventions say. `tool` is a name of the catalogue, never a caller's text.
pub fn call_span(tool: &'static str, protocol: &str) -> Span {
    tracing::info_span!(
        "tools/call",
        otel.name = %format_args!("tools/call {tool}"),
        otel.kind = "internal",
        mcp.method.name = "tools/call",
        mcp.protocol.version = protocol,
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = tool,
        error.type = Empty,
    )
}

/// The span of one request to a connected system.
pub fn upstream_span(system: &str, method: &str) -> Span {
    tracing::info_span!(
        "upstream",
        otel.name = method,
        otel.kind = "client",
        peer.service = system,
        http.request.method = method,
        http.response.status_code = Empty,
        error.type = Empty,
    )
}

/// W3C Trace Context of the span that is open now, for whom we call; `None` where traces are not exported. Nothing that a
/// client sent goes along but the trace's id.
pub fn traceparent() -> Option<String> {
    let context = Span::current().context();
    let span = context.span();
    let it = span.span_context();
    it.is_valid().then(|| format!("00-{}-{}-{:02x}", it.trace_id(), it.span_id(), it.trace_flags().to_u8()))
}

/// The disk did not keep what was written down.
pub fn disk_lost() {
    METRICS.disk.set(0);
}

/// The metrics in Prometheus' text format.
pub fn render() -> String {
    let mut text = String::new();
    match prometheus_client::encoding::text::encode(&mut text, &METRICS.registry) {
        Ok(()) => text,
        Err(_) => String::new(),
    }
}

/// Ends the export of traces; dropping it sends what is left.
#[derive(Debug, Default)]
pub struct Exporting(Option<SdkTracerProvider>);

impl Drop for Exporting {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.0.take().map(|it| it.shutdown()) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// Starts the log on standard error and, where an address is configured, the export of traces. Called once, outside any async
/// runtime: spans are sent by a thread that has none.
pub fn start(config: &TelemetryConfig) -> Result<Exporting, String> {
    let filter = config.log_filter.as_deref().unwrap_or(FILTER);
    let filter = EnvFilter::try_new(filter).map_err(|e| format!("telemetry.log_filter: {e}"))?;
    let log = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .with_target(true);
    let log = match config.log_format {
        LogFormat::Text => log.boxed(),
        LogFormat::Json => log.json().boxed(),
    };
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let provider = config.otlp_endpoint.as_deref().map(provider).transpose()?;
    let traces = provider.as_ref().map(|it| tracing_opentelemetry::layer().with_tracer(it.tracer("postern")));
    let started = tracing_subscriber::registry().with(filter).with(log).with(traces).try_init();
    started.map_err(|e| format!("telemetry: {e}"))?;
    Ok(Exporting(provider))
}

fn provider(endpoint: &str) -> Result<SdkTracerProvider, String> {
    // As every client here: no proxy of the environment, no redirect.
    let client = reqwest::blocking::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(10))
        .build()
        .map_err(|e| format!("telemetry.otlp_endpoint: {e}"))?;
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()
        .map_err(|e| format!("telemetry.otlp_endpoint: {e}"))?;
    let resource = Resource::builder().with_service_name("postern").build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}
