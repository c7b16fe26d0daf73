//! The configuration.

use postern_autotask::Config;

const LEAST: &str = r#"
username = "postern@msp.example"
integration_code = "CODE"
zone_hosts = ["webservices14.autotask.net"]
"#;

fn paths(text: &str) -> Vec<String> {
    let config: Config = toml::from_str(text).expect("readable");
    config.mistakes().into_iter().map(|it| it.path).collect()
}

#[test]
fn the_least_is_enough_and_the_secret_is_not_read_from_it() {
    assert_eq!(paths(LEAST), [""; 0]);
    assert!(toml::from_str::<Config>(&format!("{LEAST}secret = \"x\"")).is_err());
    let config: Config = toml::from_str(LEAST).expect("readable");
    let shown = format!("{:?}", config.with_secret("hunter2".to_owned().into()));
    assert!(!shown.contains("hunter2"));
}

#[test]
fn every_mistake_is_told_at_once() {
    let text = r#"
username = "a b"
integration_code = ""
zone_hosts = ["webservices14.autotask.net", "autotask.net.evil.example"]
lookup_url = "http://webservices.autotask.net/atservicesrest"
statuses = { "one" = "open" }
priorities = { "0" = "low" }
note_type = 9
max_rows = 0
unmarked_visibility = "staff"
requests_per_hour = 10001
"#;
    let expected = [
        "username",
        "integration_code",
        "lookup_url",
        "zone_hosts",
        "statuses.one",
        "priorities.0",
        "statuses",
        "note_type",
        "unmarked_visibility",
        "max_rows",
        "requests_per_hour",
    ];
    assert_eq!(paths(text), expected);
}

#[test]
fn only_the_vendors_hosts_are_zones() {
    for bad in
        ["evil.example", "a.b.autotask.net", ".autotask.net", "Webservices1.autotask.net:443", "*.autotask.net", ""]
    {
        let text = LEAST.replace("webservices14.autotask.net", bad);
        assert_eq!(paths(&text), ["zone_hosts"], "{bad}");
    }
    assert_eq!(paths(&LEAST.replace("[\"webservices14.autotask.net\"]", "[]")), ["zone_hosts"]);
}
