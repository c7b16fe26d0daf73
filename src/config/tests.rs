//! A whole configuration, and one with a mistake of every kind.

use super::*;

const WHOLE: &str = r#"
[server]
data_dir = "/var/lib/postern"

[edge]
public_url = "https://mcp.msp.example/mcp"

[[tenants]]
id = "msp"
name = "Example MSP"

[tenants.realms.customer]
issuer = "https://id.msp.example/realms/customers"

[tenants.ports]
service_desk = "local"
crm = "local"
knowledge = "local"
identity = "local"

[tenants.systems.local]
kind = "embedded"

[tenants.organisations.acme]
local = "acme"

[tenants.plans.basic]
tickets_per_month = 20
"#;

#[test]
fn a_whole_configuration_is_read_and_listens_on_loopback() {
    let config = Config::parse(WHOLE).expect("is whole");
    assert!(config.server.listen.ip().is_loopback() && config.server.operations_listen.ip().is_loopback());
    assert_eq!(config.tenants[0].plans["basic"].tickets_per_month, Some(20));
}

/// The ports that a system has are those for which its adapter is asked: one that it lacks is a mistake, and said at once.
#[test]
fn a_port_is_given_only_to_a_system_that_has_it() {
    let https = |it: &str| format!("https://{it}");
    let url = https("api-eu.myconnectwise.net/v4_6_release/apis/3.0");
    let keys = ("key", "secret".to_owned());
    let connection = Connection::default;
    let connectwise = postern_connectwise::Config::new(url, "msp", keys, "client", 1);
    let autotask = postern_autotask::Config::new("user", "code", "secret".to_owned().into(), vec![]);
    let halopsa = postern_halopsa::Config::new(https("desk.example.com/api"), "client", "secret".to_owned());
    let keycloak = postern_keycloak::Config::new(https("id.example.com"), "customers", "client", "secret".to_owned());
    let syncro = postern_syncro::Config::new(https("desk.syncromsp.com/api/v1"), "token");
    let password = || "secret".to_owned().into();
    let caldav = postern_caldav::Config::new(https("calendar.example.com"), "user", password());
    let webdav = postern_webdav::Config::new(https("files.example.com"), "user", password());
    let hudu = postern_hudu::Config::new(https("docs.example.com/api/v1"), password());
    let all = ["service_desk", "crm", "knowledge", "billing", "sales", "projects", "assets"];
    let systems = [
        (SystemConfig::ConnectWise(Box::new(connectwise), connection()), &all[..], &["identity", "documents"][..]),
        (SystemConfig::HaloPsa(Box::new(halopsa), connection()), &all[..], &["identity", "portal"][..]),
        (SystemConfig::Autotask(Box::new(autotask), connection()), &all[..], &["identity", "documents"][..]),
        (
            SystemConfig::Syncro(Box::new(syncro), connection()),
            &["service_desk", "crm", "knowledge", "billing", "sales", "assets"][..],
            &["projects", "identity"][..],
        ),
        (SystemConfig::Keycloak(Box::new(keycloak), connection()), &["identity"][..], &["crm", "portal"][..]),
        (SystemConfig::WebDav(Box::new(webdav), connection()), &["documents"][..], &["service_desk", "portal"][..]),
        (SystemConfig::Hudu(Box::new(hudu), connection()), &["knowledge"][..], &["service_desk", "documents"][..]),
    ];
    let caldav = SystemConfig::CalDav(Box::new(caldav), connection());
    assert!(caldav.has_port("bookings") && !caldav.has_port("documents") && !caldav.has_port("notifications"));
    for (system, has, lacks) in systems {
        for port in has {
            assert!(system.has_port(port), "{} {port}", system.kind());
        }
        for port in lacks.iter().chain(&["bookings", "notifications", "nonsense"]) {
            assert!(!system.has_port(port), "{} {port}", system.kind());
        }
    }
}

#[test]
fn every_mistake_is_reported_at_once_with_its_path() {
    let text = r#"
surprise = 1

[server]
listen = "8080"
wrong = true

[edge]
public_url = "http://mcp.msp.example/mcp/"
limits = { body_bytes = "much", json_depth = 0 }

[calls]
timeout_secs = 0

[[tenants]]
id = "../msp"
name = "Example MSP"

[tenants.realms.customer]
issuer = "ftp://nowhere"

[tenants.realms.partner]
issuer = "https://id.msp.example/"

[tenants.ports]
service_desk = "halo"
crm = "nowhere"
knowledge = "halo"
identity = "halo"

[tenants.systems.halo]
kind = "halopsa"
base_url = "https://halo.example/api"
client_id = "x"
client_secret = "in the clear"

[tenants.systems.odd]
kind = "jira"

[tenants.organisations.acme]
halo = "12"
"#;
    let mistakes = Config::parse(text).expect_err("has mistakes").to_string();
    insta::assert_snapshot!(mistakes);
    assert!(!mistakes.contains("in the clear"), "a secret in the wrong place is not repeated");
}

#[test]
fn text_that_is_not_toml_says_where() {
    let mistakes = Config::parse("[server\n").expect_err("is no TOML").to_string();
    assert!(mistakes.contains("line 1"), "{mistakes}");
}

#[test]
fn a_secret_that_is_not_there_is_a_mistake_that_names_the_place() {
    let text = WHOLE.replace("kind = \"embedded\"", "kind = \"halopsa\"\nbase_url = \"https://halo.example/api\"\nclient_id = \"x\"\nclient_secret = { env = \"POSTERN_TEST_NO_SUCH_VARIABLE\" }");
    let mistakes = Config::parse(&text).expect_err("has mistakes").to_string();
    assert!(
        mistakes.contains("tenants[0].systems.local.client_secret: expected the environment variable"),
        "{mistakes}"
    );
}

#[test]
fn one_id_of_a_system_is_one_organisations() {
    let text =
        WHOLE.replace("local = \"acme\"", "local = \"acme\"\n\n[tenants.organisations.globex]\nlocal = \"acme\"");
    let mistakes = Config::parse(&text).expect_err("has a mistake").to_string();
    assert!(mistakes.contains("tenants[0].organisations.globex.local: expected an id of its own"), "{mistakes}");
}

#[test]
fn p02_a_trusted_link_host_is_a_host_and_nothing_else() {
    let name = "name = \"Example MSP\"\n";
    let text = WHOLE.replace(name, &format!("{name}trusted_link_hosts = [\"https://x.example/\"]\n"));
    assert_ne!(text, WHOLE);
    let mistakes = Config::parse(&text).expect_err("has a mistake").to_string();
    assert!(mistakes.contains("tenants[0].trusted_link_hosts: expected host names"), "{mistakes}");
}

/// The whole configuration with a client, whose secret and keys are in files.
fn with_client(client: &str) -> Result<Config, Mistakes> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("secret"), "a secret of thirty-two letters...\n").unwrap();
    std::fs::write(dir.path().join("short"), "secret\n").unwrap();
    let key = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    std::fs::write(dir.path().join("jwks"), key).unwrap();
    let client = client.replace("DIR", &dir.path().display().to_string());
    Config::parse(&format!("{WHOLE}\n[[authority.clients]]\nid = \"agent\"\nname = \"Agent\"\n{client}"))
}

const SERVICE: &str = "[authority.clients.service]\ntenant = \"msp\"\nrealm = \"customer\"\norganisation = \"acme\"\nroles = [\"basic-customer\"]\nscopes = [\"support.read\"]\n";

#[test]
fn a_client_that_works_as_itself_is_read_with_its_secret_or_keys() {
    let config = with_client(&format!("secret = {{ file = \"DIR/secret\" }}\n{SERVICE}")).expect("is whole");
    let client = &config.authority.clients[0];
    assert!(client.secret.is_some() && client.service.is_some());
    assert!(!format!("{client:?}").contains("thirty"), "{client:?}");
    let config = with_client(&format!("jwks = {{ file = \"DIR/jwks\" }}\n{SERVICE}")).expect("is whole");
    assert!(config.authority.clients[0].jwks.is_some());
}

#[test]
fn l05_a_client_without_a_proof_or_with_a_weak_one_is_a_mistake() {
    let secret = "secret = { file = \"DIR/secret\" }\n";
    for (client, mistake) in [
        (SERVICE.to_owned(), "clients[0].service: expected `secret`"),
        ("secret = \"in the clear, all of it, here\"\n".to_owned(), "clients[0].secret: expected a reference"),
        ("secret = { file = \"DIR/short\" }\n".to_owned(), "clients[0].secret: expected a secret of at least 24"),
        ("secret = { file = \"DIR/none\" }\n".to_owned(), "clients[0].secret: expected a readable file"),
        ("jwks = { file = \"DIR/secret\" }\n".to_owned(), "clients[0].jwks: expected a key set"),
        ("jwks_uri = \"https://10.0.0.1/keys\"\n".to_owned(), "clients[0].jwks_uri: jwks_uri has to be"),
        (secret.to_owned(), "clients[0].redirect_uris: expected at least one"),
        (format!("{secret}{}", SERVICE.replace("\"msp\"", "\"other\"")), "service.tenant: expected the id of a tenant"),
        (format!("{secret}{}", SERVICE.replace("acme", "globex")), "service.organisation: expected an organisation"),
        (
            format!("{secret}{}", SERVICE.replace("\"customer\"", "\"employee\"")),
            "service.organisation: expected nothing",
        ),
        (
            format!("{secret}{}", SERVICE.replace("organisation = \"acme\"\n", "")),
            "service.organisation: expected the customer",
        ),
        (format!("{secret}{}", SERVICE.replace("[\"support.read\"]", "[]")), "service.scopes: expected at least one"),
    ] {
        let mistakes = with_client(&client).expect_err(mistake).to_string();
        assert!(mistakes.contains(mistake), "{mistake}: {mistakes}");
        assert!(!mistakes.contains("in the clear"), "{mistakes}");
    }
}

#[test]
fn l03_a_configuration_in_debug_output_holds_no_secret() {
    const CANARY: &str = "canary-that-nobody-prints-0123456789";
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("secret");
    std::fs::write(&file, CANARY).unwrap();
    let file = file.display();
    let more = format!(
        r#"
[tenants.realms.customer.sign_in]
kind = "oidc"
client_id = "postern"
client_secret = {{ file = "{file}" }}

[tenants.systems.halo]
kind = "halopsa"
base_url = "https://desk.example.com/api"
client_id = "postern"
client_secret = {{ file = "{file}" }}

[tenants.organisations.acme]
halo = "12"
"#
    );
    let text = WHOLE.replace("[tenants.organisations.acme]\n", &more);
    let config = Config::parse(&format!(
        "{text}\n[authority]\nenabled = true\n[[authority.clients]]\nid = \"agent\"\nname = \"Agent\"\n\
         redirect_uris = [\"https://agent.example/cb\"]\nsecret = {{ file = \"{file}\" }}\n"
    ));
    let config = config.expect("is whole");
    let shown = format!("{config:?} {config:#?}");
    assert!(shown.contains("desk.example.com") && shown.contains("agent.example"), "it is all in there");
    assert!(!shown.contains(CANARY), "{shown}");
}
