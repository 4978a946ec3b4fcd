//! What Apache's directives become.

mod common;

use common::{convert, converted};

/// A server that signs, with further lines in it.
fn site(lines: &str) -> String {
    format!(
        "{lines}\n<Proxy http://b.example.com/>\nS3AccessKey A\nS3SecretKey S\nS3Region r\n</Proxy>\n"
    )
}

fn assert_has(text: &str, parts: &[&str]) {
    let nginx = converted(&site(text));
    for part in parts {
        assert!(nginx.contains(part), "{part:?} is not in:\n{nginx}");
    }
}

fn assert_lacks(text: &str, parts: &[&str]) {
    let nginx = converted(&site(text));
    for part in parts {
        assert!(!nginx.contains(part), "{part:?} is in:\n{nginx}");
    }
}

/// What is not converted: the exit code, and the lines of the report with their reasons.
fn assert_left(text: &str, code: i32, lines: &[&str]) {
    let run = convert(&site(text));
    assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
    for line in lines {
        assert!(run.stderr.contains(line), "{line:?} is not in:\n{}", run.stderr);
    }
}

const PASS: &str = "ProxyPass /a/ http://b.example.com/\n";

#[test]
fn prefixes_are_replaced_as_apache_does_it() {
    let cases = [
        ("/a/ http://b.example.com/", "location /a/ {\n        proxy_pass http://b.example.com/;"),
        (
            "/a/ http://b.example.com/x/",
            "location /a/ {\n        proxy_pass http://b.example.com/x/;",
        ),
        (
            "/a http://b.example.com/x",
            "location /a/ {\n        proxy_pass http://b.example.com/x/;",
        ),
        (
            "/a http://b.example.com/x",
            "location = /a {\n        proxy_pass http://b.example.com/x;",
        ),
        ("/a http://b.example.com", "location /a/ {\n        proxy_pass http://b.example.com/;"),
        ("/ http://b.example.com/", "location / {\n        proxy_pass http://b.example.com/;"),
        (
            "/ http://b.example.com/ nocanon",
            "location / {\n        proxy_pass http://b.example.com;",
        ),
    ];
    for (pass, part) in cases {
        assert_has(&format!("ProxyPass {pass}\n"), &[part]);
    }
}

#[test]
fn regular_expressions_become_rewrites() {
    assert_has(
        "ProxyPassMatch ^/a/([0-9]{2})/(.*)$ http://b.example.com/$2/$1\n",
        &["location ~ \"(?s)^/a/([0-9]{2})/(.*)$\" {\n        \
             rewrite \"(?s)^/a/([0-9]{2})/(.*)$\" /$2/$1 break;\n        \
             proxy_pass http://b.example.com;"],
    );
    assert_has(
        "ProxyPassMatch ^(/.*\\.mp4)$ http://b.example.com$1\n",
        &["location ~ (?s)^(/.*\\.mp4)$ {\n        rewrite (?s)^(/.*\\.mp4)$ $1 break;"],
    );
    assert_has(
        "ProxyPassMatch \\.mp4$ http://b.example.com\n",
        &["location ~ \\.mp4$ {\n        rewrite (?s)^(.*)$ $1 break;\n        \
             proxy_pass http://b.example.com;"],
    );
    assert_has(
        "ProxyPassMatch \\.mp4$ http://b.example.com nocanon\n",
        &["location ~ \\.mp4$ {\n        proxy_pass http://b.example.com;"],
    );
    assert_left(
        "ProxyPassMatch ^/([^/]+)/(.*)$ http://$1.example.com/$2\nProxyPass / http://b.example.com/\n",
        1,
        &["the host is only known when a request is made"],
    );
}

#[test]
fn a_prefix_before_a_regular_expression_wins() {
    assert_has(
        "ProxyPass /a/ http://b.example.com/\nProxyPassMatch ^/(.*)$ http://b.example.com/x/$1\n",
        &["location ^~ /a/ {"],
    );
    assert_has(
        "ProxyPassMatch ^/x/(.*)$ http://b.example.com/x/$1\nProxyPass /a/ http://b.example.com/\n",
        &["location /a/ {"],
    );
}

#[test]
fn what_apache_never_reaches_is_left_out() {
    let text = "ProxyPass /a/ http://b.example.com/\nProxyPass /a/b/ http://b.example.com/no/\n\
                <Location /c/d/>\nProxyPass http://b.example.com/no/\n</Location>\n\
                <Location /c/>\nProxyPass http://b.example.com/\n</Location>\n";
    assert_lacks(text, &["/no/"]);
    assert_left(
        text,
        0,
        &["a.conf:2: ProxyPass /a/b/ http://b.example.com/no/\n      never reached: a.conf:1 wins"],
    );
}

#[test]
fn exceptions_are_not_passed_on() {
    assert_has(
        &format!("ProxyPass /a/b/ !\n{PASS}"),
        &["location /a/b/ {\n        return 404;\n    }"],
    );
}

#[test]
fn parameters_become_directives() {
    let cases: [(&str, &[&str]); 11] = [
        ("connectiontimeout=5", &["proxy_connect_timeout 5s;"]),
        ("connectiontimeout=500ms", &["proxy_connect_timeout 500ms;"]),
        ("timeout=2min", &["proxy_read_timeout 2m;", "proxy_send_timeout 2m;"]),
        ("ttl=300", &["keepalive_timeout 300s;"]),
        ("max=7", &["keepalive 7;"]),
        ("enablereuse=on", &["keepalive 32;", "proxy_set_header Connection \"\";"]),
        ("enablereuse=off", &["proxy_set_header Connection close;"]),
        ("keepalive=On", &["proxy_socket_keepalive on;"]),
        ("retry=5", &["server b.example.com:80 resolve fail_timeout=5s;"]),
        ("retry=0", &["server b.example.com:80 resolve max_fails=0;"]),
        ("flushpackets=on", &["proxy_buffering off;"]),
    ];
    for (parameter, parts) in cases {
        assert_has(&format!("ProxyPass /a/ http://b.example.com/ {parameter}\n"), parts);
        assert_has(
            &format!("{PASS}<Proxy http://b.example.com/>\nProxySet {parameter}\n</Proxy>\n"),
            parts,
        );
        assert_has(&format!("{PASS}ProxySet http://b.example.com/ {parameter}\n"), parts);
    }
    assert_lacks(
        &format!("{PASS}ProxySet http://b.example.com/ disablereuse=on\n"),
        &["keepalive"],
    );
    // Apache's 0 is for ever.
    assert_lacks("ProxyPass /a/ http://b.example.com/ ttl=0\n", &["keepalive_timeout"]);
}

#[test]
fn parameters_without_a_counterpart_are_reported_one_by_one() {
    for parameter in [
        "smax=5",
        "acquire=3000",
        "lbset=1",
        "flushpackets=auto",
        "timeout=x",
        "max=0",
        "ttl=x",
        "retry=x",
        "enablereuse=perhaps",
        "foo=1",
    ] {
        let text = format!(
            "{PASS}<Proxy http://b.example.com/>\nProxySet keepalive=on {parameter}\n</Proxy>\n"
        );
        assert_left(&text, 1, &[&format!("a.conf:3: ProxySet {parameter}\n")]);
        let run = convert(&site(&text));
        assert!(run.stdout.contains("proxy_socket_keepalive on;"));
        assert!(
            run.stdout.contains(&format!("# a.conf:3: ProxySet {parameter}\n")),
            "{}",
            run.stdout
        );
    }
}

#[test]
fn timeouts_of_the_server_are_those_of_its_locations() {
    assert_has(&format!("ProxyTimeout 7\nTimeout 9\n{PASS}"), &["proxy_read_timeout 7s;"]);
    assert_has(&format!("Timeout 9\n{PASS}"), &["proxy_send_timeout 9s;"]);
    assert_has(
        "ProxyTimeout 7\nProxyPass / http://b.example.com/ timeout=3\n",
        &["proxy_read_timeout 3s;"],
    );
}

#[test]
fn redirects_are_changed_where_apache_changes_them() {
    assert_has(PASS, &["proxy_redirect off;"]);
    assert_lacks(
        &format!("{PASS}ProxyPassReverse /a/ http://b.example.com/\n"),
        &["proxy_redirect"],
    );
    assert_has(
        &format!("{PASS}ProxyPassReverse /a/ https://other.example.com/x/\n"),
        &["proxy_redirect https://other.example.com/x/ /a/;"],
    );
    assert_has(
        "<Location /a/>\nProxyPass http://b.example.com/\nProxyPassReverse /\n</Location>\n",
        &["proxy_redirect / /a/;"],
    );
}

#[test]
fn hosts_keep_their_names() {
    let keys = "S3AccessKey A\nS3SecretKey S\n";
    let nginx = converted(&format!(
        "ProxyPass /a/ https://b.example.com:9000/films/\nProxyPass /b/ https://b.example.com/\n\
         ProxyPass /c/ http://[::1]/\n<Location />\n{keys}</Location>\n"
    ));
    for part in [
        "upstream b.example.com {\n    zone b.example.com 1m;\n    resolver 192.0.2.53;\n    \
         server b.example.com:9000 resolve;",
        "proxy_pass https://b.example.com/films/;",
        "proxy_set_header Host b.example.com:9000;",
        "upstream b.example.com-2 {\n    zone b.example.com-2 1m;\n    resolver 192.0.2.53;\n    \
         server b.example.com:443 resolve;",
        "proxy_ssl_name b.example.com;",
        "upstream --1-80 {\n    server [::1]:80;",
        "proxy_set_header Host [::1];",
    ] {
        assert!(nginx.contains(part), "{part:?} is not in:\n{nginx}");
    }
}

#[test]
fn hosts_are_resolved_while_nginx_runs() {
    let nginx = converted(
        "ProxyPass /a/ http://b.example.com/\nProxyPass /b/ http://minio:9000/\n\
         ProxyPass /c/ http://localhost:9000/\nProxyPass /d/ http://10.0.0.1/\n\
         ProxyPass /e/ http://[::1]/\n",
    );
    for part in [
        "upstream b.example.com {\n    zone b.example.com 1m;\n    \
         resolver 192.0.2.53;\n    server b.example.com:80 resolve;\n    keepalive 32;\n}",
        "upstream minio {\n    zone minio 1m;\n    resolver 192.0.2.53;\n    \
         server minio:9000 resolve;\n",
        "{\n    server localhost:9000;\n    keepalive 32;\n}",
        "{\n    server 10.0.0.1:80;\n    keepalive 32;\n}",
        "{\n    server [::1]:80;\n    keepalive 32;\n}",
    ] {
        assert!(nginx.contains(part), "{part:?} is not in:\n{nginx}");
    }
}

#[test]
fn buckets_of_one_host_have_an_upstream_each() {
    let text = "ProxyPass /f/ http://minio.example.com:9000/films/\n\
                ProxyPass /m/ http://minio.example.com:9000/music/\n\
                <Proxy http://minio.example.com:9000/films/>\nS3AccessKey A\nS3SecretKey S\n</Proxy>\n\
                <Proxy http://minio.example.com:9000/music/>\nS3AccessKey B\nS3SecretKey T\n</Proxy>\n";
    let nginx = converted(text);
    for part in [
        "upstream minio.example.com {",
        "upstream music.minio.example.com {",
        "proxy_pass http://music.minio.example.com/music/;",
        "proxy_set_header Host minio.example.com:9000;",
    ] {
        assert!(nginx.contains(part), "{part:?} is not in:\n{nginx}");
    }
}

#[test]
fn a_location_wins_over_a_proxy_section() {
    assert_has(
        &format!("{PASS}<Location /a/>\nS3Region q\n</Location>\n"),
        &["s3_region q;", "s3_access_key A;"],
    );
}

#[test]
fn a_location_below_a_route_with_keys_of_its_own_becomes_one() {
    assert_has(
        &format!("{PASS}<Location /a/x/>\nS3AccessKey B\nS3SecretKey T\n</Location>\n"),
        &["location /a/x/ {\n        proxy_pass http://x.b.example.com/x/;", "s3_access_key B;"],
    );
}

#[test]
fn half_of_the_credentials_answer_500() {
    let run =
        convert("<Location /a/>\nProxyPass http://b/\nS3AccessKey A\nS3Region r\n</Location>\n");
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("location /a/ {\n        return 500;"), "{}", run.stdout);
    assert!(!run.stdout.contains("proxy_pass"));
}

#[test]
fn values_that_nginx_would_take_for_something_else_are_not_converted() {
    for value in ["a$b", "\"a b\"", "\"\"", "é", "${X}", "a b"] {
        let run = convert(&format!(
            "ProxyPass / http://b/\n<Location />\nS3AccessKey A\nS3SecretKey {value}\n</Location>\n"
        ));
        assert_eq!(run.code, 1, "{value}: {}", run.stdout);
        assert!(!run.stdout.contains("s3_secret_key"));
    }
    let nginx = converted(
        "ProxyPass / http://b/\n<Location />\nS3AccessKey A\nS3SecretKey a;b{c}\"d'#\\e\n</Location>\n",
    );
    assert!(nginx.contains(r#"s3_secret_key "a;b{c}\"d'#\e";"#), "{nginx}");
}

#[test]
fn the_other_directives_of_one_that_is_not_converted_have_it_for_a_reason() {
    let run = convert(
        "ProxyPass / http://b/\n<Location />\nS3AccessKey A\nS3SecretKey a$b\n</Location>\n",
    );
    let reason = "a.conf:3: S3AccessKey REDACTED\n      another S3 directive";
    assert!(run.code == 1 && run.stderr.contains(reason), "{}", run.stderr);
}

#[test]
fn keys_to_which_nothing_leads_are_reported() {
    let run = convert("<Location /a/>\nS3AccessKey A\nS3SecretKey S\n</Location>\n");
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("# a.conf:2:     S3AccessKey REDACTED\n"), "{}", run.stdout);
    assert!(!run.stdout.contains("S3SecretKey S\n"));
}

#[test]
fn a_proxy_section_alone_becomes_an_upstream_and_a_location_in_a_comment() {
    let run = convert(&site(""));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("upstream b.example.com {"));
    assert!(run.stdout.contains("#         proxy_pass http://b.example.com/;\n"), "{}", run.stdout);
}

#[test]
fn directories_are_found_by_aliases_and_the_document_root() {
    let ism = "<Directory /data/s3>\nIsmProxyPass http://b.example.com\n</Directory>\n";
    assert_has(
        &format!("DocumentRoot /data\n{ism}"),
        &["location /s3/ {\n        proxy_pass http://b.example.com/;"],
    );
    assert_has(&format!("Alias /x/ /data/\n{ism}"), &["location /x/s3/ {"]);
    assert_has(&format!("DocumentRoot \"/data/s3/\"\n{ism}"), &["location / {"]);
    assert_left(
        &format!("DocumentRoot /other\n{ism}"),
        1,
        &["no DocumentRoot or Alias leads to this directory"],
    );
}

#[test]
fn tls_to_the_bucket_is_verified_unless_it_is_turned_off() {
    let tls = |lines: &str| {
        converted(&format!(
            "{lines}\nProxyPass / https://b/\n<Location />\nS3AccessKey A\nS3SecretKey S\n</Location>\n"
        ))
    };
    let nginx = tls("SSLProxyEngine on");
    assert!(nginx.contains("proxy_ssl_server_name on;") && nginx.contains("proxy_ssl_verify on;"));
    assert!(nginx.contains("proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;"));
    let nginx = tls("SSLProxyVerify none");
    assert!(nginx.contains("proxy_ssl_verify off;") && !nginx.contains("trusted"));
    let nginx = tls("ServerRoot /etc/apache2\nSSLProxyVerify require\nSSLProxyVerifyDepth 3\n\
                     SSLProxyCACertificateFile ca.pem\nSSLProxyProtocol all -SSLv3 -TLSv1 -TLSv1.1");
    assert!(nginx.contains("proxy_ssl_trusted_certificate /etc/apache2/ca.pem;"), "{nginx}");
    assert!(nginx.contains("proxy_ssl_verify_depth 3;"));
    assert!(nginx.contains("proxy_ssl_protocols TLSv1.2 TLSv1.3;"));
}

#[test]
fn servers_have_addresses_names_and_certificates() {
    let nginx = converted(
        "Listen 80\nListen 443\nListen 8443\nSSLProtocol -all +TLSv1.2\n<VirtualHost *:443 10.0.0.1:8443>\n\
         ServerName https://www.example.com:443\nServerAlias example.com *.example.org img-?.example.com\n\
         SSLEngine on\nSSLCertificateFile /c.pem\nSSLCertificateKeyFile /k.pem\n\
         ProxyPass / http://b/\n</VirtualHost>\n",
    );
    for part in [
        "    listen 443 ssl;\n    listen 10.0.0.1:8443 ssl;\n",
        "server_name www.example.com example.com *.example.org ~^img-.\\.example\\.com$;",
        "    ssl_certificate /c.pem;\n    ssl_certificate_key /k.pem;\n    ssl_protocols TLSv1.2;\n",
    ] {
        assert!(nginx.contains(part), "{part:?} is not in:\n{nginx}");
    }
    assert!(!nginx.contains("listen 80"));
    let nginx = converted(
        "Listen 443\n<VirtualHost *:443>\nSSLCertificateFile /c.pem\nProxyPass / http://b/\n</VirtualHost>\n",
    );
    assert!(nginx.contains("listen 443 ssl;"), "{nginx}");
}

/// A virtual host opens no port.
#[test]
fn nginx_listens_where_apache_does_and_nowhere_else() {
    let server = |listen: &str, host: &str| {
        let pass = "ProxyPass / http://b.example.com/";
        convert(&format!("{listen}\n<VirtualHost {host}>\n{pass}\n</VirtualHost>\n"))
    };
    let cases: [(&str, &str, &[&str]); 9] = [
        ("", "*:80", &["80"]),
        ("Listen 80", "*:80", &["80"]),
        ("Listen 127.0.0.1:80", "*:80", &["127.0.0.1:80"]),
        ("Listen 127.0.0.1:80\nListen [::1]:80", "*:80", &["127.0.0.1:80", "[::1]:80"]),
        ("Listen 127.0.0.1:80\nListen 81", "*", &["127.0.0.1:80", "81"]),
        ("Listen 80\nListen 81", "10.0.0.1", &["10.0.0.1:80", "10.0.0.1:81"]),
        ("Listen 10.0.0.2:80", "www.example.com:80", &["www.example.com:80"]),
        ("Listen 81", "*:80", &[]),
        ("Listen 10.0.0.2:80", "10.0.0.1:80", &[]),
    ];
    for (listen, host, wanted) in cases {
        let run = server(listen, host);
        let lines = run.stdout.lines().filter_map(|line| line.strip_prefix("    listen "));
        let found: Vec<_> = lines.map(|line| line.trim_end_matches(';')).collect();
        assert_eq!(found, wanted, "{listen} {host}: {}", run.stdout);
        assert_eq!(run.stdout.contains("proxy_pass"), !wanted.is_empty(), "{}", run.stdout);
        assert_eq!(run.stderr.contains("no Listen has this address"), wanted.is_empty());
    }
}

/// A server that does not pass on what a virtual host before it would have answered by itself.
#[test]
fn requests_of_other_virtual_hosts_do_not_reach_the_bucket() {
    let pass = "ProxyPass / http://b.example.com/\n";
    let host =
        |address: &str, lines: &str| format!("<VirtualHost {address}>\n{lines}</VirtualHost>\n");
    let plain = |address: &str, name: &str| {
        host(address, &format!("ServerName {name}\nDocumentRoot /var/www\n"))
    };
    let bucket = |address: &str, lines: &str| {
        host(address, &format!("ServerName s3.example.com\n{lines}{pass}"))
    };
    let stub = |listen: &str, name: &str| {
        format!("    listen {listen};\n    server_name {name};\n\n    return 404;\n}}\n")
    };
    // The first one of an address answers for all names that no other has.
    let text = plain("*:80", "a") + &plain("*:80", "b") + &bucket("*:80", "");
    let nginx = converted(&site(&text));
    assert!(nginx.contains(&stub("80", "a")) && !nginx.contains("server_name b;"), "{nginx}");
    assert!(nginx.find("server_name a;") < nginx.find("server_name s3.example.com;"));
    // Here it is another one, and there is a name of its own for it.
    let text =
        bucket("*:80", "ServerAlias *.example.com *.org.? *\n") + &plain("*:80", "www.example.com");
    let nginx = converted(&site(&text));
    assert!(nginx.contains(&stub("80", "www.example.com")), "{nginx}");
    let text = bucket("*:80", "ServerAlias *.example.com\n")
        + &plain("*:80", "www.example.org")
        + &plain("*:8080", "www.example.com");
    assert!(!converted(&site(&text)).contains("return 404"));
    // An address is asked before all of them.
    let text = bucket("*:80", "") + &plain("10.0.0.1:80", "a");
    assert!(converted(&site(&text)).contains(&stub("10.0.0.1:80", "a")));
    let ssl = "ServerName a\nSSLEngine on\nSSLCertificateFile /c.pem\n";
    let text = host("*:443", ssl) + &bucket("*:443", "SSLEngine on\nSSLCertificateFile /d.pem\n");
    let nginx = converted(&site(&text));
    assert!(nginx.contains("ssl_certificate /c.pem;"), "{nginx}");
    assert!(nginx.contains("ssl_certificate_key /c.pem;\n\n    return 404;"), "{nginx}");
}

#[test]
fn without_a_certificate_nobody_connects() {
    let host =
        "<VirtualHost *:443>\nSSLEngine on\nProxyPass / http://b.example.com/\n</VirtualHost>\n";
    let run = convert(&site(host));
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains("    listen 443 ssl;\n\n    ssl_reject_handshake on;\n"),
        "{}",
        run.stdout
    );
    let (_, s3) = run.stderr.split_once("although S3 depends on it").unwrap();
    assert!(s3.contains("a.conf:2: SSLEngine on"), "{s3}");
}

#[test]
fn tls_is_spoken_where_listen_says_https() {
    let nginx = converted(&site(
        "Listen 8443 https\n<VirtualHost *:8443>\nSSLCertificateFile /c.pem\n\
         ProxyPass / http://b.example.com/\n</VirtualHost>\n",
    ));
    assert!(nginx.contains("listen 8443 ssl;"), "{nginx}");
}

#[test]
fn an_alias_for_all_names_is_one() {
    let host = "<VirtualHost *:80>\nServerName a\nServerAlias *\nProxyPass / http://b.example.com/\n</VirtualHost>\n";
    assert!(converted(&site(host)).contains("server_name a ~^;"));
}

#[test]
fn every_listen_counts() {
    let mut text: String = (1..=1500).map(|port| format!("Listen {port}\n")).collect();
    text.push_str("<VirtualHost *:1500>\nProxyPass / http://b.example.com/\n</VirtualHost>\n");
    assert!(converted(&site(&text)).contains("listen 1500;"));
}

#[test]
fn virtual_hosts_inherit_from_the_main_server() {
    let text = format!(
        "Listen 80\nListen 8080\n{PASS}<VirtualHost *:80>\nServerName x\n\
         ProxyPass /b/ http://b.example.com/\n</VirtualHost>\n\
         <VirtualHost *:80>\nServerName y\nProxyPassInherit off\nProxyPass /c/ http://b.example.com/\n\
         </VirtualHost>\n"
    );
    let nginx = converted(&site(&text));
    let servers: Vec<_> = nginx.split("\nserver {").skip(1).collect();
    let has = |number: usize, part: &str| servers[number].contains(part);
    assert!(has(0, "location /a/") && has(0, "location /b/") && has(0, "listen 80;"), "{nginx}");
    assert!(has(1, "location /c/") && !has(1, "location /a/"));
    assert!(has(2, "location /a/") && has(2, "listen 8080;") && !has(2, "listen 80;"));
}

#[test]
fn who_may_not_come_in_is_kept_out() {
    let with = |lines: &str| format!("{PASS}<Location /a/>\n{lines}\n</Location>\n");
    assert_lacks(&with("Require all granted"), &["deny"]);
    assert_has(&with("Require all denied"), &["        deny all;\n"]);
    assert_has(&with("Require ip 10.1"), &["        allow 10.1.0.0/16;\n        deny all;\n"]);
    for lines in [
        "Require valid-user",
        "Require group x",
        "<RequireAny>\nRequire host x\n</RequireAny>",
        "<LimitExcept GET>\nRequire valid-user\n</LimitExcept>",
    ] {
        let run = convert(&site(&with(lines)));
        assert_eq!(run.code, 1, "{lines}");
        assert!(run.stdout.contains("deny all;"), "{lines}: {}", run.stdout);
    }
    assert_has(
        &format!("<Proxy *>\nRequire all denied\n</Proxy>\n{}", with("Require ip ::1")),
        &["allow ::1;"],
    );
}

/// Signed requests have it as well, since `s3_methods any` must not open what Apache keeps closed.
#[test]
fn methods_that_are_denied_stay_so() {
    let with = |lines: &str| format!("{PASS}<Location /a/>\n{lines}\n</Location>\n");
    assert_has(
        &with("<LimitExcept GET HEAD POST>\nRequire all denied\n</LimitExcept>"),
        &["limit_except GET POST {\n            deny all;"],
    );
    assert_has(
        &with("<Limit PUT DELETE>\nRequire all denied\n</Limit>"),
        &["limit_except GET POST MKCOL COPY"],
    );
    assert_lacks(&with("<Limit TRACE>\nRequire all denied\n</Limit>"), &["limit_except"]);
}

/// That what t/config/apache2nginx_oracle.t shows to be closed is told as well.
#[test]
fn what_is_closed_for_want_of_a_rule_is_reported() {
    let closed = [
        (
            "<LocationMatch \"^/a/[0-9]+/\">\nRequire valid-user\n</LocationMatch>\n",
            "a.conf:3: Require valid-user",
            "        location ~ ^/a/[0-9]+/ {\n            # Apache let some in; see the report.\n            deny all;",
        ),
        (
            "<Location /a/>\n<If \"true\">\nRequire ip ::1\n</If>\n</Location>\n",
            "a.conf:4: Require ip ::1",
            "        deny all;",
        ),
        (
            "<Proxy http://b.example.com/x>\nRequire user u\n</Proxy>\n",
            "a.conf:3: Require user u",
            "        location ~ ^/a/x {",
        ),
        (
            "<Location ${WHERE}>\nRequire user u\n</Location>\n",
            "a.conf:3: Require user u",
            "        location ~ \"\" {",
        ),
        (
            "RewriteEngine on\nRewriteCond %{HTTP:X} y\nRewriteRule ^/a/x - [F]\n",
            "a.conf:4: RewriteRule ^/a/x - [F]",
            "        location ~ ^/a/x {",
        ),
        (
            "RemoteIPHeader X-Forwarded-For\n<Location />\nRequire ip 10.0.0.0/8\n</Location>\n",
            "a.conf:2: RemoteIPHeader X-Forwarded-For",
            "        deny all;",
        ),
    ];
    for (lines, reported, written) in closed {
        let run = convert(&site(&format!("{PASS}{lines}")));
        assert_eq!(run.code, 1, "{lines}: {}", run.stderr);
        assert!(run.stdout.contains(written), "{lines}: {}", run.stdout);
        assert!(!run.stdout.contains("        allow"), "{lines}: {}", run.stdout);
        let (_, s3) = run.stderr.split_once("although S3 depends on it").unwrap();
        assert!(s3.contains(reported), "{lines}: {}", run.stderr);
    }
}

#[test]
fn directories_below_that_of_ism_proxy_pass_stay_closed() {
    let with = |section: &str| {
        convert(&site(&format!(
            "DocumentRoot /data\n<Directory /data/s3>\nIsmProxyPass http://b.example.com\n\
             </Directory>\n{section}"
        )))
    };
    let run = with("<Directory /data/s3/x>\nRequire all denied\n</Directory>\n");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("location ~ ^/s3/x(/|$) {"), "{}", run.stdout);
    // In the path to the directory as well, so that it may be for all of it.
    let run = with("<DirectoryMatch \\.d/>\nRequire all denied\n</DirectoryMatch>\n");
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.contains("location ~ \"\""), "{}", run.stdout);
    let run = with("<DirectoryMatch \"/\\.svn\">\nRequire all denied\n</DirectoryMatch>\n");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("location ~ /\\.svn {\n            deny all;"), "{}", run.stdout);
    let run = with("<DirectoryMatch \"/s3\">\nRequire all denied\n</DirectoryMatch>\n");
    assert!(run.stdout.contains("location ~ \"\" {"), "{}", run.stdout);
    // Apache merges sections of locations later.
    let run = with(
        "<Directory /data/s3/x>\nRequire all denied\n</Directory>\n\
         <Location /s3>\nRequire all granted\n</Location>\n",
    );
    assert!(run.code == 0 && !run.stdout.contains("deny"), "{}{}", run.stdout, run.stderr);
}

/// Apache asks other modules before the one of `IsmProxyPass`, and others after that of `ProxyPass`.
#[test]
fn files_and_redirects_count_for_ism_proxy_pass_alone() {
    let limits = "<FilesMatch \"\\.key$\">\nRequire all denied\n</FilesMatch>\n\
                  <Files \".ht*\">\nRequire all denied\n</Files>\n\
                  <Files \"x.pem\">\nRequire ip ::1\n</Files>\n\
                  <FilesMatch \"^(?!a)\">\nRequire all denied\n</FilesMatch>\n\
                  RedirectMatch 403 \"\\.pem$\"\nRedirect gone /s3/old\n";
    let ism = "IsmProxyPass http://b.example.com";
    for section in [
        format!("<Directory /data/s3>\n{ism}\n</Directory>\n"),
        format!("<Location /s3/>\n{ism}\n</Location>\n"),
    ] {
        let run = convert(&site(&format!("DocumentRoot /data\n{limits}{section}")));
        assert_eq!(run.code, 1, "{}", run.stderr);
        for guard in [
            "location ~ \\.key(/|$) {\n            deny all;",
            "location ~ /\\.ht[^/]*(/|$) {\n            deny all;",
            "location ~ /x\\.pem(/|$) {\n            # Apache let some in",
            "location ~ \"\" {\n            # Apache let some in",
            "location ~ \\.pem$ {\n            deny all;",
            "location ~ ^/s3/old(/|$) {\n            deny all;",
        ] {
            assert!(run.stdout.contains(guard), "{guard:?} is not in:\n{}", run.stdout);
        }
        let (_, s3) = run.stderr.split_once("although S3 depends on it").unwrap();
        assert!(s3.contains("Require ip ::1") && !s3.contains("RedirectMatch"), "{s3}");
    }
    assert_lacks(&format!("DocumentRoot /data\n{limits}{PASS}"), &["deny"]);
}

#[test]
fn a_location_below_an_alias_has_the_limits_of_its_directory() {
    let text = "DocumentRoot /var/www\nAlias /s3 /srv/s3\n\
                <Directory /srv>\nRequire ip 10.0.0.0/8\n</Directory>\n\
                <Directory /srv/s3/x/private>\nRequire all denied\n</Directory>\n\
                <Location /s3/x>\nIsmProxyPass http://b.example.com\n</Location>\n";
    assert_has(text, &["allow 10.0.0.0/8;", "location ~ ^/s3/x/private(/|$) {"]);
}

#[test]
fn ism_proxy_pass_that_leads_nowhere_has_its_reason() {
    let ism = "IsmProxyPass http://b.example.com\n";
    for (text, reason) in [
        (ism.to_owned(), "it stands in no <Location> or <Directory>"),
        (format!("<DirectoryMatch x>\n{ism}</DirectoryMatch>\n"), "it has no prefix to replace"),
        (format!("<Location /*/x>\n{ism}</Location>\n"), "it has no prefix to replace"),
        (format!("<Directory /x>\n{ism}</Directory>\n"), "no DocumentRoot or Alias leads"),
    ] {
        assert_left(&text, 1, &[reason]);
    }
}

#[test]
fn a_path_between_two_regular_expressions_is_reported() {
    assert_left(
        "ProxyPassMatch ^/a/(.*)$ http://b.example.com/x/$1\n\
         ProxyPass /a/b/ http://b.example.com/\nProxyPassMatch \\.mp4$ http://b.example.com\n",
        1,
        &["a.conf:2: ProxyPass /a/b/\n      Apache asks the regular expression of a.conf:1 first"],
    );
}

#[test]
fn what_passes_to_no_http_is_none_of_s3s_business() {
    assert_left("ProxyPass /php/ fcgi://127.0.0.1:9000/\n", 0, &["only http:// and https://"]);
}

#[test]
fn request_headers_are_set() {
    let with = |lines: &str| format!("{PASS}<Location /a/>\n{lines}\n</Location>\n");
    assert_has(&with("RequestHeader set X-A \"b c\""), &["proxy_set_header X-A \"b c\";"]);
    assert_has(&with("RequestHeader unset Cookie"), &["proxy_set_header Cookie \"\";"]);
    for lines in [
        "RequestHeader set X %{REMOTE_USER}e",
        "RequestHeader append X y",
        "RequestHeader set Host x",
    ] {
        assert_left(&with(lines), 1, &[lines]);
    }
}

#[test]
fn what_has_no_counterpart_is_a_comment_at_its_place_and_in_the_report() {
    let text = format!(
        "RewriteEngine on\n<VirtualHost *:80>\nUspLicenseKey secret-license\n{PASS}\
         <Location /a/>\nUspHandleIsm on\n<If \"true\">\nHeader set X y\n</If>\n</Location>\n\
         </VirtualHost>\n"
    );
    let run = convert(&site(&text));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let (before, server) = run.stdout.split_once("server {\n    listen").unwrap();
    assert!(
        before.contains("\n# Not converted:\n# a.conf:1: RewriteEngine on\n"),
        "{}",
        run.stdout
    );
    for line in [
        "    # a.conf:3: UspLicenseKey REDACTED\n",
        "    # a.conf:6:     UspHandleIsm on\n",
        "    # a.conf:8:         Header set X y\n",
    ] {
        assert!(server.contains(line), "{line:?} is not in:\n{server}");
    }
    for line in
        ["  a.conf:1: RewriteEngine on\n", "  a.conf:6: UspHandleIsm on\n", "  a.conf:8: Header"]
    {
        assert!(run.stderr.contains(line), "{}", run.stderr);
    }
    assert!(!run.stdout.contains("secret-license") && !run.stderr.contains("secret-license"));
}

#[test]
fn lines_that_are_alike_are_told_once() {
    assert_left(
        &format!("ServerTokens Prod\nAddLanguage a .a\nAddLanguage b .b\nAddLanguage c .c\n{PASS}"),
        0,
        &[
            "a.conf:1: ServerTokens Prod\n",
            "a.conf:2: AddLanguage a .a\n      no counterpart that is known here\n      \
             and 2 more of these, to line 4\n",
        ],
    );
}

#[test]
fn passing_to_a_bucket_by_a_rewrite_rule_concerns_s3() {
    assert_left(
        &format!("{PASS}RewriteRule ^/x/(.*)$ http://b.example.com/$1 [P]\n"),
        1,
        &["RewriteRule"],
    );
    assert_left(&format!("{PASS}ProxyPreserveHost On\n"), 1, &["S3 has to be given its own name"]);
    assert_left(&format!("{PASS}ProxyPreserveHost Off\nProxyRequests Off\n"), 0, &[]);
}

#[test]
fn no_dollar_becomes_a_variable() {
    let nginx = converted(&site(
        "ProxyPass /$a/ http://b.example.com/$b/\n<Location /$a/$c/>\nS3Region q\n</Location>\n",
    ));
    assert!(nginx.contains("proxy_pass http://b.example.com/%24b/;"), "{nginx}");
    assert!(nginx.contains("b.example.com/%24b/%24c/;"), "{nginx}");
    assert_left(
        "ProxyPass /$a/ http://b.example.com/\nProxyPassReverse /$a/ http://b.example.com/\n",
        1,
        &["a.conf:2: ProxyPassReverse"],
    );
    assert_left(
        "ProxyPassMatch ^/a/(.*)$ http://b.example.com/$host/$1\n",
        1,
        &["nginx has no other \"$\" in a replacement"],
    );
}

#[test]
fn an_answer_is_for_whole_parts_of_a_path() {
    assert_has(
        &format!("ProxyPass /a/b !\n{PASS}"),
        &["location = /a/b {\n        return 404;", "location /a/b/ {\n        return 404;"],
    );
    // What Apache passes on of the paths around it is not redirected to it.
    assert_has(
        &format!("ProxyPass /a/b/ !\n{PASS}"),
        &["location = /a/b {\n        proxy_pass http://b.example.com/b;"],
    );
}

#[test]
fn balancers_are_reported() {
    assert_left(
        "ProxyPass /x/ balancer://b/\n<Proxy balancer://b>\nBalancerMember http://b.example.com/\n</Proxy>\n",
        1,
        &["a balancer has several hosts"],
    );
}

#[test]
fn an_expression_in_a_section_is_kept_whole() {
    assert_has(
        "<LocationMatch \"^/v/(.*)$\">\nProxyPassMatch http://b.example.com/w/$1\n</LocationMatch>\n",
        &["rewrite (?s)^/v/(.*)$ /w/$1 break;\n        proxy_pass http://b.example.com;"],
    );
}

#[test]
fn a_section_that_has_nothing_to_do_with_an_expression_does_not_close_it() {
    let status = "<Location /server-status>\nRequire local\n</Location>\n";
    assert_lacks(
        &format!("{status}ProxyPassMatch ^/r/(.*)$ http://b.example.com/$1\n"),
        &["deny all"],
    );
}

#[test]
fn every_proxy_section_signs_whatever_their_number() {
    let mut text = String::new();
    for number in 0..200 {
        text.push_str(&format!(
            "ProxyPass /{number}/ http://b{number}.example.com/\n\
             <Proxy http://b{number}.example.com/*>\nS3AccessKey A\nS3SecretKey S\n</Proxy>\n"
        ));
    }
    assert_eq!(converted(&text).matches("s3_access_key").count(), 200);
    let patterns = |count: usize| {
        let section = "<Proxy http://*.example.com/*>\nS3AccessKey A\nS3SecretKey S\n</Proxy>\n";
        convert(&format!("ProxyPass / http://b.example.com/\n{}", section.repeat(count)))
    };
    assert!(patterns(1000).stdout.contains("s3_access_key"));
    let run = patterns(1001);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("more than 1000 <Proxy> sections"), "{}", run.stderr);
}
