//! The table of credentials with a form of their own. Prefixes and lengths are those that the vendors document.

/// One rule: the words that announce it and the pattern that must hold from the first byte of the word.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) words: &'static [&'static str],
    /// Anchored; the group `s` is what is taken out, or else the whole match.
    pub(super) pattern: &'static str,
    /// Whether no letter, digit or underscore may stand before it.
    pub(super) starts_word: bool,
    /// How far the pattern may look.
    pub(super) reach: usize,
}

const fn token(name: &'static str, words: &'static [&'static str], pattern: &'static str) -> Row {
    Row { name, words, pattern, starts_word: true, reach: 2048 }
}

const fn inside(name: &'static str, words: &'static [&'static str], pattern: &'static str) -> Row {
    Row { name, words, pattern, starts_word: false, reach: 512 }
}

pub(super) const RULES: &[Row] = &[
    token("aws", &["akia", "asia", "abia", "acca"], r"^A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}\b"),
    token("google", &["aiza"], r"^AIza[\w-]{35}"),
    token("google", &["ya29."], r"^ya29\.[\w-]{20,}"),
    token("google", &["gocspx-"], r"^GOCSPX-[\w-]{20,}"),
    token("github", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"^gh[pousr]_[A-Za-z0-9]{30,}"),
    token("github", &["github_pat_"], r"^github_pat_\w{40,}"),
    token(
        "gitlab",
        &["glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glsoat-", "glft-", "glimt-", "glagent-"],
        r"^gl(?:pat|dt|rt|ptt|cbt|soat|ft|imt|agent)-[\w.-]{20,}",
    ),
    token(
        "slack",
        &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe", "xapp-"],
        r"^x(?:ox[bparse]|app)[.-][\w.-]{16,}",
    ),
    inside("webhook", &["hooks.slack.com/"], r"^hooks\.slack\.com/(?P<s>(?:services|workflows|triggers)/[\w/+-]{16,})"),
    inside("webhook", &["hooks.zapier.com/"], r"^hooks\.zapier\.com/(?P<s>hooks/catch/[\w/-]{8,})"),
    inside("webhook", &["/api/webhooks/"], r"^/api/webhooks/(?P<s>\d{10,}/[\w-]{40,})"),
    inside("webhook", &["office.com/webhook"], r"^office\.com/webhook(?P<s>(?:b2)?/[\w@/-]{30,})"),
    token(
        "stripe",
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"],
        r"^(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9+/=_]{16,}",
    ),
    token("sendgrid", &["sg."], r"^SG\.[\w-]{16,32}\.[\w-]{16,64}"),
    token("npm", &["npm_"], r"^npm_[A-Za-z0-9]{36}"),
    token("pypi", &["pypi-ag"], r"^pypi-Ag[\w-]{40,}"),
    token("digitalocean", &["dop_v1_", "doo_v1_", "dor_v1_"], r"^do[opr]_v1_[0-9a-f]{64}"),
    token("openai", &["sk-"], r"^sk-(?:proj-|ant-|svcacct-|admin-|or-v1-)?[\w-]{20,}"),
    token("hugging-face", &["hf_"], r"^hf_[A-Za-z0-9]{30,}"),
    token("groq", &["gsk_"], r"^gsk_[A-Za-z0-9]{40,}"),
    token("replicate", &["r8_"], r"^r8_[A-Za-z0-9]{30,}"),
    token("shopify", &["shpat_", "shpss_", "shpca_", "shppa_"], r"^shp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}"),
    token("databricks", &["dapi"], r"^dapi[0-9a-f]{32}(?:-\d)?"),
    token("square", &["sq0atp-", "sq0csp-"], r"^sq0(?:atp|csp)-[\w-]{22,}"),
    token("postman", &["pmak-"], r"^PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    token("figma", &["figd_"], r"^figd_[\w-]{36,}"),
    token("linear", &["lin_api_", "lin_oauth_"], r"^lin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    token("brevo", &["xkeysib-"], r"^xkeysib-[0-9a-f]{64}-\w{16}"),
    token("docker", &["dckr_pat_", "dckr_oat_"], r"^dckr_[po]at_[\w-]{20,}"),
    token("vault", &["hvs.", "hvb.", "hvr."], r"^hv[sbr]\.[\w-]{20,}"),
    token("grafana", &["glsa_", "glc_"], r"^gl(?:sa|c)_[\w+/=]{32,}"),
    token("rubygems", &["rubygems_"], r"^rubygems_[0-9a-f]{48}"),
    token("age", &["age-secret-key-1"], r"^AGE-SECRET-KEY-1[A-Z0-9]{50,}"),
    token("pulumi", &["pul-"], r"^pul-[0-9a-f]{40}"),
    token("sentry", &["sntrys_", "sntryu_"], r"^sntry[su]_[\w+/=-]{40,}"),
    token("circleci", &["ccipat_"], r"^CCIPAT_[\w-]{30,}"),
    token("atlassian", &["atatt3", "atctt3", "atbb"], r"^AT(?:ATT3|CTT3|BB)[\w=-]{24,}"),
    token("new-relic", &["nrak-", "nrii-", "nrjs-"], r"^NR(?:AK|II|JS)-[\w-]{19,}"),
    token("doppler", &["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim."], r"^dp\.(?:pt|st|ct|sa|scim)\.[\w.-]{36,}"),
    token("supabase", &["sbp_"], r"^sbp_[0-9a-z]{36,}"),
    token("alibaba", &["ltai"], r"^LTAI[A-Za-z0-9]{16,24}\b"),
    token("posthog", &["phx_"], r"^phx_[A-Za-z0-9]{40,}"),
    token("easypost", &["ezak", "eztk"], r"^EZ[AT]K[A-Za-z0-9]{54}"),
    token("shippo", &["shippo_live_", "shippo_test_"], r"^shippo_(?:live|test)_[0-9a-fA-F]{40}"),
    token("sonar", &["sqp_", "squ_", "sqa_"], r"^sq[pua]_[0-9a-f]{40}"),
    token("sourcegraph", &["sgp_"], r"^sgp_(?:[0-9a-f]{16}_)?(?:local_)?[0-9A-Za-z]{40,}"),
    token("contentful", &["cfpat-"], r"^CFPAT-[\w-]{40,}"),
    token("prefect", &["pnu_"], r"^pnu_[A-Za-z0-9]{36}"),
    token("adafruit", &["aio_"], r"^aio_[A-Za-z0-9]{28}"),
    token("notion", &["ntn_", "secret_"], r"^(?:ntn|secret)_[A-Za-z0-9]{40,}"),
    token("mongodb", &["mdb_sa_sk_"], r"^mdb_sa_sk_[\w-]{36,}"),
    token("jwt", &["eyj"], r"^eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*(?:\.[\w-]+){0,2}"),
    token("encoded-key", &["eyj"], r"^eyJ[A-Za-z0-9+/_-]{40,}={0,2}"),
    token("mapbox", &["sk.eyj", "tk.eyj"], r"^[st]k\.eyJ[\w-]{16,}\.[\w-]{16,}"),
    inside("azure", &["8q~"], r"^8Q~[\w~.-]{31,34}"),
    inside("azure", &["sig="], r"^sig=(?P<s>[A-Za-z0-9%+/_-]{30,}={0,2})"),
    inside("telegram", &[":aa"], r"^:(?P<s>AA[\w-]{32,34})\b"),
    inside("url-credentials", &["://"], r##"^://[^\s/?#:@"'<>\x1a]*:(?P<s>[^\s/"'<>\x1a]{1,256})@[\w\[]"##),
    inside("url-credentials", &["://"], r"^://(?P<s>[\w-]{20,})@[\w\[]"),
    Row {
        name: "private-key",
        words: &["-----begin "],
        pattern: r"^-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----|\z)",
        starts_word: false,
        reach: usize::MAX,
    },
    Row {
        name: "private-key",
        words: &["private-lines:"],
        pattern: r"^Private-Lines: \d+(?P<s>(?:\r?\n[A-Za-z0-9+/=]+)+)",
        starts_word: true,
        reach: usize::MAX,
    },
    inside("hash", &["$2a$", "$2b$", "$2y$"], r"^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}"),
    inside(
        "hash",
        &["$1$", "$5$", "$6$", "$7$", "$8$", "$9$"],
        r"^\$[156789]\$(?:rounds=\d+\$)?[./A-Za-z0-9]{1,32}\$[./A-Za-z0-9]{16,90}",
    ),
    inside("hash", &["$argon2"], r"^\$argon2(?:id|i|d)\$[\w=,$+/]{20,}"),
    inside("hash", &["aad3b435b51404ee"], r"^aad3b435b51404eeaad3b435b51404ee:(?P<s>[0-9a-fA-F]{32})"),
    inside("totp", &["otpauth://"], r"^otpauth://\S+"),
    inside("password", &["net user "], r"^(?i:net user )\S+ (?P<s>[^\s/]\S{3,})"),
    inside("password", &["psexec"], r#"^(?i:psexec)(?:\.exe)?[^\n]{0,120}? -p (?P<s>"[^"\n]+"|[^\s$]\S*)"#),
    inside("password", &["sshpass -p"], r"^(?i:sshpass) -p ?(?P<s>\S+)"),
    inside("password", &["curl "], r#"^(?i:curl) [^\n]{0,200}?(?:-u|--user) ?["']?[^\s:"']+:(?P<s>[^\s"']+)"#),
    inside(
        "password",
        &["cred", "login", "logon"],
        r"^(?i:cred(?:ential)?s?|log[io]n)(?: (?:is|are))? ?[:=] ?[\w.@\\-]{2,64} ?/ ?(?P<s>\S{4,})",
    ),
    inside(
        "password",
        &["username", "user:", "user="],
        r#"^(?i:user(?:name)?) ?[:=] ?[\w.@\\-]{2,64}[,;]? (?i:and |/ ?)(?i:pw|pass)?\w* ?[:=]? ?(?P<s>\S{6,})"#,
    ),
];

/// Words that a password follows.
pub(super) const PASSWORD: &[&str] = &[
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "passcode",
    "pwd",
    "kennwort",
    "wachtwoord",
    "mot de passe",
    "contrase",
    "pass:",
    "pass=",
    "_pass",
    "pw:",
    "pw=",
    "pin:",
    "pin=",
    "pin is ",
    "pin code",
    "otp:",
    "one-time code",
    "verification code",
    "door code",
    "alarm code",
    "wifi key",
    "psk",
];

/// Words that a key or token follows.
pub(super) const KEY: &[&str] = &[
    "secret",
    "token",
    "key",
    "bearer",
    "authorization",
    "private",
    "access",
    "seed",
    "_pat",
    " pat ",
    " pat:",
    "auth",
    "recovery code",
    "backup code",
    "signature",
    "apikey",
];
