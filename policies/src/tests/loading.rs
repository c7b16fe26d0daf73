//! Loading a directory: every mistake at once, and the old policies stay where the new ones are wrong.

use super::{NONE, Person, builtin};
use crate::sources::Sources;
use crate::{Engine, Facts, Policies, Subject};
use std::fs;
use tempfile::TempDir;

/// The builtin files in a directory, changed by `edit`.
fn directory(edit: impl Fn(&str, String) -> String) -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    fs::create_dir(dir.path().join("cedar")).expect("a directory");
    for source in Sources::builtin().all() {
        fs::write(dir.path().join(&source.name), edit(&source.name, source.text.clone())).expect("a file");
    }
    dir
}

fn appended(file: &'static str, more: &'static str) -> TempDir {
    directory(|name, text| if name == file { text + more } else { text })
}

fn problems(dir: &TempDir) -> String {
    Policies::load(dir.path()).expect_err("it is wrong").to_string()
}

#[test]
fn the_builtin_list_names_every_file_and_loads_the_same_from_a_directory() {
    // From a directory they are tried as an operator's are, which the builtin ones are not at each start.
    let own = Policies::load(env!("CARGO_MANIFEST_DIR")).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(own.version(), builtin().version());
}

#[test]
fn any_change_of_text_is_another_version() {
    let dir = appended("cedar/services.cedar", "\n// a remark\n");
    assert_ne!(Policies::load(dir.path()).expect("it loads").version(), builtin().version());
}

#[test]
fn every_mistake_is_reported_at_once_with_its_place_and_what_was_expected() {
    let dir = directory(|name, text| match name {
        "cedar/support.cedar" => text.replace("Role::\"support-write\"", "Role::\"support-wriet\""),
        "cedar/customer.cedar" => text.replace("Action::\"customer_search_kb\"", "Action::\"customer_serch_kb\""),
        "cedar/realms.cedar" => text.replace("@refusal(\"hidden\")", "@refusal(\"hiden\")"),
        "cedar/gateway.cedar" => text.replace("@id(\"find-tools\")\n", ""),
        "cedar/services.cedar" => text.replace("principal.service", "principal.servce"),
        "cedar/scopes.cedar" => text.replace("forbid (", "forbidd ("),
        "roles.toml" => text.replace("reach = \"tenant\"\ninherits = [\"support-write\"]", "reech = \"tenant\""),
        "toolsets.toml" => text.replace("\"find_tools\"", "\"find_toolz\""),
        "redaction.toml" => text
            .replace("[finance]", "[finanse]")
            .replacen("contact = \"mask\"", "contact = \"masked\"", 1)
            .replacen("internal = true", "internal = \"yes\"", 1),
        _ => text,
    });
    let text = problems(&dir);
    for expected in [
        "cedar/support.cedar: `support-writes`: `support-wriet` is not a role of roles.toml",
        "cedar/customer.cedar: `customer-everyday`:",
        "customer_serch_kb",
        "cedar/realms.cedar: `realm-employee-tools`: a `forbid` needs a `@refusal(\"...\")`; expected one of `hidden`",
        "has no id; expected `@id(\"...\")`",
        "cedar/services.cedar: `service-cannot-confirm`:",
        "servce",
        "cedar/scopes.cedar: line 6, column 1:",
        "roles.toml: `employee.service-lead.reech`: is not known; expected one of `says`, `reach`, `inherits`",
        "roles.toml: `employee.service-lead.reach`: is missing",
        "toolsets.toml: `toolset.gateway`: `find_toolz` is not a tool of the schema",
        "toolsets.toml: `find_tools`: is in 0 toolsets; expected exactly one",
        "redaction.toml: `finanse`: is not a role of roles.toml",
        "redaction.toml: `finance`: is missing",
        "redaction.toml: `basic-customer.email.contact`: unknown variant `masked`, expected one of `show`, `mask`, `hide`",
        "redaction.toml: `support-read.internal`:",
    ] {
        assert!(text.contains(expected), "no `{expected}` in\n{text}");
    }
}

#[test]
fn a_file_that_is_not_toml_is_one_mistake_with_its_line() {
    let dir = directory(|name, text| match name {
        "redaction.toml" | "toolsets.toml" | "roles.toml" => text + "\nx = show\n",
        _ => text,
    });
    let text = problems(&dir);
    assert_eq!(text.lines().count(), 3, "{text}");
    let line = Sources::builtin().roles.text.lines().count() + 2;
    assert!(text.contains(&format!("roles.toml: line {line}, column 5: string values must be quoted")), "{text}");
}

#[test]
fn tables_that_would_open_too_much_are_refused() {
    let dir = directory(|name, text| match name {
        "roles.toml" => text
            .replacen("reach = \"organisation\"", "reach = \"tenant\"", 1)
            .replace("inherits = [\"basic-customer\"]", "inherits = [\"support-read\"]")
            .replace("inherits = [\"support-write\"]", "inherits = [\"service-lead\"]"),
        "redaction.toml" => text.replacen("internal = false", "internal = true", 1),
        _ => text,
    });
    let text = problems(&dir);
    for expected in [
        "roles.toml: `customer.basic-customer.reach`: only a customer's role reaches",
        "roles.toml: `customer.lead-customer.inherits`: `support-read` is not a role of the same realm",
        "roles.toml: `employee.service-lead.inherits`: leads back to the role itself",
        "redaction.toml: `basic-customer.internal`: a customer never sees what is internal",
    ] {
        assert!(text.contains(expected), "no `{expected}` in\n{text}");
    }
}

#[test]
fn b09_policies_that_open_the_other_realms_tools_are_refused() {
    let dir = directory(|name, text| match name {
        "cedar/realms.cedar" => String::new(),
        _ => text,
    });
    let text = problems(&dir);
    assert!(text.contains("a token of the customer realm that claims every role can call `get_ticket`"), "{text}");
    let dir =
        appended("cedar/gateway.cedar", "@id(\"open\") permit (principal, action in Action::\"kind:read\", resource);");
    assert!(problems(&dir).contains("`open`: a caller without any role can call `get_kb_article`"));
}

#[test]
fn a_tool_outside_its_groups_is_refused() {
    let dir = directory(|name, text| match name {
        "schema.cedarschema" => text
            .replace("[\"realm:employee\", \"kind:read\", \"scope:support.read\", \"area:desk\"]", "[\"area:desk\"]"),
        _ => text,
    });
    let text = problems(&dir);
    for expected in
        ["`get_ticket`: is in 0 `realm:` groups; expected exactly one", "`get_ticket`: needs a `scope:` group"]
    {
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn an_empty_or_missing_directory_is_refused_with_every_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let text = problems(&dir);
    for file in ["schema.cedarschema", "roles.toml", "toolsets.toml", "redaction.toml", "cedar"] {
        assert!(text.contains(&format!("{file}: cannot be read")), "{text}");
    }
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(Policies::load(dir.path().join("absent")).is_err());
}

#[test]
fn a_reload_of_wrong_files_keeps_the_old_policies_and_one_of_right_files_replaces_them() {
    let engine = Engine::new(builtin());
    let reader = Person::employee(&["support-read"]);
    let read = || engine.decide(&reader.subject(), "get_ticket", &NONE);
    let before = read();
    assert!(before.is_permit());
    let wrong = appended("cedar/support.cedar", "permit (");
    assert!(engine.reload(wrong.path()).is_err());
    assert_eq!(read(), before);
    let right = appended(
        "cedar/support.cedar",
        "@id(\"closed\") @refusal(\"hidden\") forbid (principal, action == Action::\"get_ticket\", resource);",
    );
    let version = engine.reload(right.path()).expect("it loads");
    let after = read();
    assert!(!after.is_permit(), "a remembered decision of the old policies was used");
    assert_eq!((&after.version, &*after.policies), (&version, &["closed".to_owned()][..]));
    assert!(!engine.visible(&reader.subject()).iter().any(|name| &**name == "get_ticket"));
}

#[test]
fn an_error_while_a_policy_is_evaluated_is_a_denial() {
    let dir = appended(
        "cedar/support.cedar",
        "@id(\"overflows\") @refusal(\"hidden\") forbid (principal, action, resource)
         when { context has priority && 9223372036854775807 + 1 > 0 };",
    );
    let engine = Engine::new(Policies::load(dir.path()).unwrap_or_else(|errors| panic!("{errors}")));
    let writer = Person::employee(&["support-write"]);
    let decide = |facts: &Facts| engine.decide(&writer.subject(), "escalate_ticket", facts);
    assert!(decide(&NONE).is_permit());
    // Cedar leaves a failing `forbid` out and would permit.
    let failed = decide(&Facts { priority: Some("high"), ..NONE });
    assert!(!failed.is_permit());
    assert_eq!(&*failed.policies, ["overflows"]);
}

#[test]
fn b11_a_rule_about_one_tenant_is_not_remembered_for_another() {
    let dir = appended(
        "cedar/support.cedar",
        "@id(\"not-at-acme\") @refusal(\"hidden\")
         forbid (principal, action == Action::\"get_ticket\", resource == Tenant::\"acme\");",
    );
    let engine = Engine::new(Policies::load(dir.path()).unwrap_or_else(|errors| panic!("{errors}")));
    let reader = Person::employee(&["support-read"]);
    let at = |tenant| engine.decide(&Subject { tenant, ..reader.subject() }, "get_ticket", &NONE).is_permit();
    assert!(at("globex"));
    assert!(!at("acme"));
    assert!(at("globex"));
}

#[test]
fn policies_that_fail_on_every_call_are_refused() {
    let dir = appended(
        "cedar/support.cedar",
        "@id(\"overflows\") @refusal(\"hidden\") forbid (principal, action, resource) when { 9223372036854775807 + 1 > 0 };",
    );
    assert!(problems(&dir).contains("`overflows`: fails on `get_ticket`"));
}

#[test]
fn facts_narrow_and_never_widen() {
    let dir = appended(
        "cedar/customer.cedar",
        "@id(\"no-critical\") @refusal(\"hidden\") forbid (principal, action == Action::\"customer_submit_ticket\", resource)
         when { context has priority && context.priority == \"critical\" };
         @id(\"widens\") permit (principal in Role::\"basic-customer\", action == Action::\"search_kb\", resource)
         when { context has visibility };
         @id(\"opens\") permit (principal in Role::\"finance\", action == Action::\"search_kb\", resource)
         when { context has visibility };",
    );
    let engine = Engine::new(Policies::load(dir.path()).unwrap_or_else(|errors| panic!("{errors}")));
    let basic = Person::customer(&["basic-customer"]);
    let submit = |priority| engine.decide(&basic.subject(), "customer_submit_ticket", &Facts { priority, ..NONE });
    assert!(submit(None).is_permit() && submit(Some("high")).is_permit());
    assert_eq!(&*submit(Some("critical")).policies, ["no-critical"]);
    let finance = Person::employee(&["finance"]);
    let facts = Facts { visibility: Some("private"), ..NONE };
    assert!(!engine.decide(&finance.subject(), "search_kb", &facts).is_permit(), "callable though not listed");
}
