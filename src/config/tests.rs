//! What an operator may write, and what is said to what they may not.

use super::*;

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

const MINIMAL: [(&str, &str); 4] = [
    ("FASTMCP_SERVER_AUTH_TYPE", "jwt"),
    ("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", "https://issuer.example/jwks"),
    ("FASTMCP_SERVER_AUTH_JWT_ISSUER", "https://issuer.example"),
    ("FASTMCP_SERVER_AUTH_JWT_AUDIENCE", "https://mcp.example, urn:mcp"),
];

fn read(changed: &[(&str, &str)]) -> Result<Config, Problems> {
    Config::read(None, &variables(&[&MINIMAL[..], changed].concat()))
}

fn problems(changed: &[(&str, &str)]) -> String {
    read(changed).map_or_else(|problems| problems.to_string(), |_| "none".to_owned())
}

#[test]
fn the_variables_of_the_python_verifier_are_enough() {
    let config = read(&[
        ("FASTMCP_SERVER_AUTH_JWT_ALGORITHM", "RS256,ES256"),
        ("FASTMCP_SERVER_AUTH_JWT_REQUIRED_SCOPES", "mcp:use, mcp:read"),
        ("FASTMCP_SERVER_AUTH_JWT_CLOCK_SKEW", "10"),
        ("FASTMCP_SERVER_AUTH_JWT_JWKS_CACHE_TTL", "600"),
        ("FASTMCP_SERVER_AUTH_RATE_LIMIT_ENABLED", "false"),
        ("PORT", "9000"),
        ("PATH", "/bin"),
    ])
    .unwrap();
    let issuer = &config.issuers[0];
    assert_eq!(issuer.rules.issuer.as_str(), "https://issuer.example");
    assert_eq!(issuer.rules.audiences.len(), 2);
    assert_eq!(issuer.rules.algorithms.to_string(), "RS256, ES256");
    assert_eq!(issuer.rules.leeway, 10);
    assert_eq!(issuer.cache_ttl.as_secs(), 600);
    assert_eq!(config.resources[0].required_scopes.to_text(), "mcp:use mcp:read");
    assert_eq!(config.listen.http.to_string(), "0.0.0.0:9000");
    assert_eq!(config.stage, Stage::Development);
}

#[test]
fn a_file_is_read_and_variables_win_over_it() {
    let file = r#"
        workers = 3
        [listen]
        http = "127.0.0.1:7000"
        [[issuers]]
        issuer = "https://one.example"
        jwks_uri = "https://one.example/jwks"
        algorithms = ["ES256"]
        [[issuers]]
        issuer = "https://two.example"
        jwks_uri = "https://two.example/jwks"
        [[resources]]
        audiences = ["https://mcp.example"]
    "#;
    let over = variables(&[
        ("ASSAY_ISSUERS__1__LEEWAY", "5"),
        ("ASSAY_LISTEN__HTTP", "127.0.0.1:7001"),
        ("ASSAY_CACHE__ENTRIES", "0"),
    ]);
    let config = Config::read(Some(file), &over).unwrap();
    assert_eq!(config.listen.workers, 3);
    assert_eq!(config.listen.http.port(), 7001);
    assert_eq!(config.issuers[0].rules.leeway, 60);
    assert_eq!(config.issuers[1].rules.leeway, 5);
    assert_eq!(config.cache.entries, 0);
}

#[test]
fn every_problem_is_told_at_once() {
    let file = r#"
        worker = 3
        [log]
        format = "xml"
        level = 3
        [[issuers]]
        issuer = "issuer.example"
        jwks_url = "https://one.example/jwks"
        algorithms = ["HS256", "none"]
        leeway = 300
        [[issuers]]
        issuer = "http://issuer.example"
        jwks_uri = "ftp://issuer.example"
        cache_ttl = "soon"
        [[resources]]
        name = "a b"
        required_scopes = ["a\"b"]
    "#;
    let problems =
        Config::read(Some(file), &variables(&[("ASSAY_CACHE__ENTRYS", "1")])).unwrap_err();
    insta::assert_snapshot!(problems.to_string());
}

#[test]
fn nothing_configured_says_what_to_do() {
    let problems = Config::read(None, &Variables::new()).unwrap_err();
    insta::assert_snapshot!(problems.to_string());
}

/// Made with `openssl genpkey -algorithm ed25519`; the private half was thrown away.
const PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----";

#[test]
fn keys_may_be_written_down() {
    let jwks_uri = ("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", "");
    let key = |text| ("FASTMCP_SERVER_AUTH_JWT_PUBLIC_KEY", text);
    let algorithm = |name| ("FASTMCP_SERVER_AUTH_JWT_ALGORITHM", name);
    let keys = |changed: &[(&str, &str)]| match read(changed).unwrap().issuers.remove(0).keys {
        KeysFrom::Fixed(keys) => keys.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(keys(&[jwks_uri, key(PEM), algorithm("EdDSA")]), 1);
    let secret = "q9Zp!3xV7#tLw2@RbN8$kYd5^mHc1&Gf";
    assert_eq!(keys(&[jwks_uri, key(secret), algorithm("HS256")]), 1);
    for (changed, told) in [
        ([jwks_uri, key(PEM), algorithm("RS256")], "no algorithm of the issuer"),
        ([jwks_uri, key(PEM), algorithm("EdDSA,HS256")], "must not be mixed"),
        ([jwks_uri, key("hunter2hunter2"), algorithm("HS256")], "needs at least 32"),
        ([jwks_uri, key("hunter2hunter2"), algorithm("RS256")], "neither PEM nor a JWK"),
        ([MINIMAL[1], key(PEM), algorithm("EdDSA")], "exclude each other"),
    ] {
        let problems = problems(&changed);
        assert!(problems.contains(told), "{problems}");
        assert!(!problems.contains("hunter2"), "{problems}");
    }
    let file = problems(&[jwks_uri, ("ASSAY_ISSUERS__0__KEYS_FILE", "/nonexistent")]);
    assert!(file.contains("cannot read"), "{file}");
}

#[test]
fn an_issuer_alone_is_discovered() {
    let config = read(&[("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", "")]).unwrap();
    assert!(matches!(config.issuers[0].keys, KeysFrom::Discovery { .. }));
    let pattern = ("FASTMCP_SERVER_AUTH_JWT_ISSUER", "https://login.example/{tid}/v2.0");
    let told = problems(&[("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", ""), pattern]);
    assert!(told.contains("no metadata of its own"), "{told}");
}

#[test]
fn hmac_with_published_keys_is_refused() {
    assert!(problems(&[("FASTMCP_SERVER_AUTH_JWT_ALGORITHM", "HS256")]).contains("shared-secret"));
}

#[test]
fn plain_http_is_for_loopback_in_development() {
    let jwks = |url| ("FASTMCP_SERVER_AUTH_JWT_JWKS_URI", url);
    let config = read(&[jwks("http://127.0.0.1:1/jwks")]).unwrap();
    assert_eq!(config.warnings.len(), 1);
    assert!(problems(&[jwks("http://10.0.0.1/jwks")]).contains("loopback"));
    for production in [
        ("ENVIRONMENT", "production"),
        ("ENVIRONMENT", "prod"),
        ("ENVIRONMENT", "staging"),
        ("K_SERVICE", "assay"),
        ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
    ] {
        let told = problems(&[jwks("http://127.0.0.1:1/jwks"), production]);
        assert!(told.contains("must be https in production"), "{production:?}: {told}");
    }
}

#[test]
fn a_platform_is_production_whatever_the_environment_says() {
    let stage = Stage::of(&variables(&[("ENVIRONMENT", "development"), ("K_SERVICE", "assay")]));
    assert_eq!(stage, Stage::Production);
}

#[test]
fn an_unchecked_audience_is_refused() {
    let told = problems(&[("FASTMCP_SERVER_AUTH_JWT_AUDIENCE", "")]);
    assert!(told.contains("which `aud` is accepted"), "{told}");
}

#[test]
fn what_this_version_cannot_do_is_said() {
    assert!(problems(&[("FASTMCP_SERVER_AUTH_TYPE", "introspection")]).contains("serves `jwt`"));
    assert!(
        problems(&[("FASTMCP_SERVER_AUTH_RATE_LIMIT_ENABLED", "true")]).contains("rate limits")
    );
    let misspelt = problems(&[("FASTMCP_SERVER_AUTH_JWT_ISSUR", "x")]);
    assert!(misspelt.contains("did you mean FASTMCP_SERVER_AUTH_JWT_ISSUER"), "{misspelt}");
}

#[test]
fn a_broken_file_is_told_by_line_and_never_quoted() {
    let problems = Config::read(Some("a = 1\nsecret = \"hunter2"), &Variables::new()).unwrap_err();
    let told = problems.to_string();
    assert!(told.contains("line 2") && !told.contains("hunter2"), "{told}");
}

#[test]
fn a_gap_in_a_list_is_told() {
    assert!(problems(&[("ASSAY_ISSUERS__5__LEEWAY", "1")]).contains("leaves a gap"));
}

#[test]
fn the_tenth_entry_comes_after_the_second() {
    let names: Vec<_> = (0..12)
        .flat_map(|number| {
            let issuer = format!("https://{number}.example");
            [
                (format!("ASSAY_ISSUERS__{number}__JWKS_URI"), format!("{issuer}/jwks")),
                (format!("ASSAY_ISSUERS__{number}__ISSUER"), issuer),
            ]
        })
        .chain([("ASSAY_RESOURCES__0__AUDIENCES".to_owned(), "a".to_owned())])
        .collect();
    let config = Config::read(None, &names.into_iter().collect()).unwrap();
    assert_eq!(config.issuers[10].rules.issuer.as_str(), "https://10.example");
}

#[test]
fn an_empty_variable_is_an_unset_one_and_white_space_is_trimmed() {
    let config = read(&[
        ("FASTMCP_SERVER_AUTH_JWT_CLOCK_SKEW", ""),
        ("ASSAY_WORKERS", " "),
        ("FASTMCP_SERVER_AUTH_JWT_ISSUER", "https://issuer.example\n"),
    ])
    .unwrap();
    assert_eq!(config.issuers[0].rules.leeway, 60);
    assert_eq!(config.issuers[0].rules.issuer.as_str(), "https://issuer.example");
}

#[test]
fn our_own_variable_wins_over_the_python_verifiers() {
    let both = [("FASTMCP_SERVER_AUTH_JWT_CLOCK_SKEW", "10"), ("ASSAY_ISSUERS__0__LEEWAY", "20")];
    assert_eq!(read(&both).unwrap().issuers[0].rules.leeway, 20);
}

#[test]
fn settings_that_would_do_nothing_or_too_much_are_refused() {
    assert!(problems(&[("ASSAY_ISSUERS__0__TENANTS", "a")]).contains("does nothing"));
    let two = [
        ("ASSAY_ISSUERS__1__ISSUER", "https://two.example"),
        ("ASSAY_ISSUERS__1__JWKS_URI", "https://two.example/jwks"),
        ("ASSAY_RESOURCES__0__CLIENTS", "a"),
    ];
    assert!(problems(&two).contains("one issuer alone"));
    let many = vec!["a"; 50].join(",") + "," + &vec!["b c"; 26].join(",");
    assert!(problems(&[("FASTMCP_SERVER_AUTH_JWT_REQUIRED_SCOPES", &many)]).contains("100 scopes"));
}
