# TLS and HTTP/2 in front of nginx, TLS to the upstream.

use strict;
use warnings;

use lib 't/lib';
use File::Temp ();
use NginxTest 'no_plan';

# A self-signed certificate for two of the names, and another one.
our @Files;

sub make_certificate {
    my ($name) = @_;

    my $dir   = File::Temp->newdir;
    my $names = 'DNS:films.s3.us-east-1.amazonaws.com,DNS:localhost';
    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
        . " -nodes -days 2 -subj /CN=$name -addext subjectAltName=$names"
        . " -keyout $dir/$name.key -out $dir/$name.crt 2>$dir/log") == 0
        or die "openssl has failed\n";
    for my $file ("$name.key", "$name.crt") {
        open my $in, '<', "$dir/$file" or die "$file: $!\n";
        local $/;
        push @Files, [$file, scalar <$in>];
    }
    return;
}

BEGIN {
    make_certificate($_) for qw(s3 other);
}

our $Keys = <<'END';
$TEST_NGINX_KEYS
s3_region      us-east-1;
s3_use_headers on;
END

# TLS in front of the S3 server, and the bucket behind it. What the client of
# this server wrote is passed on as it is.
our $Https = '
ssl_certificate     $TEST_NGINX_HTML_DIR/s3.crt;
ssl_certificate_key $TEST_NGINX_HTML_DIR/s3.key;
server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ssl;
    add_header X-SNI     "$ssl_server_name" always;
    add_header X-Request $connection_requests always;
    location / {
        proxy_set_header Host $http_host;
        proxy_pass       http://127.0.0.1:$TEST_NGINX_S3_PORT;
    }
}
';
our $Films = 'upstream films.s3.us-east-1.amazonaws.com {
    server    127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    keepalive 4;
' . "$Keys}\n";

our $Verify = <<'END';
proxy_ssl_server_name         on;
proxy_ssl_verify              on;
proxy_ssl_trusted_certificate $TEST_NGINX_HTML_DIR/s3.crt;
END

# A TLS server in front, as clients see it.
our $Front = 'server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 ssl http2;
    ssl_certificate     $TEST_NGINX_HTML_DIR/s3.crt;
    ssl_certificate_key $TEST_NGINX_HTML_DIR/s3.key;
    add_header X-Protocol "$server_protocol $https" always;
    location / {
        $TEST_NGINX_KEYS
        s3_region  us-east-1;
        proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/;
    }
}
';

# Fetches a path from that server; /fetched is the response.
sub fetch {
    my ($path, @options) = @_;

    my $out = NginxTest::html_dir() . '/fetched';
    system('curl', '-ksS', '-g', '-m', 3, '-o', $out, @options,
        "https://127.0.0.1:$ENV{TEST_NGINX_RAND_PORT_2}$path") == 0
        or die "curl has failed\n";
    return;
}

no_root_location();
run_tests();

__DATA__

=== TEST 1: TLS to the upstream, its certificate verified
--- http_config eval: $::Https . $::Films
--- user_files eval: \@::Files
--- config eval
"$::Verify
location / { proxy_pass https://films.s3.us-east-1.amazonaws.com; }"
--- request
GET /a%20b.txt
--- response_headers
X-SNI: films.s3.us-east-1.amazonaws.com
--- response_body
a b.txt of films
--- s3_log_like
GET /a%20b.txt 200 v4-headers$

=== TEST 2: TLS to an upstream block that variables name
--- http_config eval: $::Https . $::Films
--- user_files eval: \@::Files
--- config eval
"$::Verify
location / {
    set        \$bucket films;
    proxy_pass https://\$bucket.s3.us-east-1.amazonaws.com;
}"
--- request
GET /a%20b.txt
--- response_headers
X-SNI: films.s3.us-east-1.amazonaws.com
--- response_body
a b.txt of films

=== TEST 3: TLS to a name that is resolved at run time
--- http_config eval: $::Https
--- user_files eval: \@::Files
--- config eval
"$::Verify
resolver 127.0.0.1:\$TEST_NGINX_DNS_PORT ipv6=off;
location / {
    $::Keys
    set        \$bucket films;
    proxy_pass
        https://\$bucket.s3.us-east-1.amazonaws.com:\$TEST_NGINX_RAND_PORT_1;
}"
--- dns
s3.us-east-1.amazonaws.com
--- request
GET /a%20b.txt
--- response_headers
X-SNI: films.s3.us-east-1.amazonaws.com
--- response_body
a b.txt of films

=== TEST 4: TLS to a literal host
--- http_config eval: $::Https
--- user_files eval: \@::Files
--- config eval
"$::Verify
location / {
    $::Keys
    proxy_ssl_name   localhost;
    proxy_set_header Host films.s3.us-east-1.amazonaws.com;
    proxy_pass       https://127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
}"
--- request
GET /hello.txt
--- response_headers
X-SNI: localhost
--- response_body
hello from films

=== TEST 5: connections with TLS are kept
--- http_config eval: $::Https . $::Films
--- user_files eval: \@::Files
--- config eval
"$::Verify
proxy_http_version 1.1;
proxy_set_header   Connection '';
location / { proxy_pass https://films.s3.us-east-1.amazonaws.com; }"
--- request eval
[("GET /hello.txt") x 3]
--- response_headers eval
["X-Request: 1", "X-Request: 2", "X-Request: 3"]
--- response_body eval
[("hello from films\n") x 3]

=== TEST 6: a body, with TLS
--- http_config eval: $::Https . $::Films
--- user_files eval: \@::Files
--- config eval
"$::Verify
s3_methods any;
location / { proxy_pass https://films.s3.us-east-1.amazonaws.com; }"
--- request eval
["PUT /new.txt\n" . "0123456789abcdef" x 5000, "GET /new.txt"]
--- response_body eval
["", "0123456789abcdef" x 5000]

=== TEST 7: a certificate that is not trusted: nothing is sent
--- http_config eval: $::Https . $::Films
--- user_files eval: \@::Files
--- config
proxy_ssl_server_name         on;
proxy_ssl_verify              on;
proxy_ssl_trusted_certificate $TEST_NGINX_HTML_DIR/other.crt;
location / { proxy_pass https://films.s3.us-east-1.amazonaws.com; }
--- request
GET /hello.txt
--- error_code: 502
--- error_log
upstream SSL certificate verify error
--- s3_log_unlike
.

=== TEST 8: a certificate with another name: nothing is sent
--- http_config eval
"$::Https upstream music.s3.us-east-1.amazonaws.com {
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    $::Keys
}"
--- user_files eval: \@::Files
--- config eval
"$::Verify
location / { proxy_pass https://music.s3.us-east-1.amazonaws.com; }"
--- request
GET /hello.txt
--- error_code: 502
--- error_log
upstream SSL certificate does not match "music.s3.us-east-1.amazonaws.com"
--- s3_log_unlike
.

=== TEST 9: after a failed handshake, the same request to the next server
--- http_config eval
"$::Https upstream films.s3.us-east-1.amazonaws.com {
    server 127.0.0.1:\$TEST_NGINX_S3_PORT;
    server 127.0.0.1:\$TEST_NGINX_RAND_PORT_1 backup;
    $::Keys
}"
--- user_files eval: \@::Files
--- config eval
"$::Verify
location / { proxy_pass https://films.s3.us-east-1.amazonaws.com; }"
--- request
GET /hello.txt
--- response_body
hello from films
--- error_log eval
qr/SSL_do_handshake\(\) failed|peer closed connection in SSL handshake/

=== TEST 10: HTTP/2 from the client
--- http_config
upstream films.s3.us-east-1.amazonaws.com {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    $TEST_NGINX_KEYS
    s3_region us-east-1;
}
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- http2
--- request
GET /a%20b.txt?k=v
--- more_headers
Authorization: Basic eDp5
x-amz-meta-a: b
--- response_body
a b.txt of films
--- s3_log_like
GET /a%20b.txt\?X-Amz-Algorithm=\S+&k=v&X-Amz-Signature=[0-9a-f]{64} 200 v4-query$

=== TEST 11: HTTP/2 from the client, with a body
--- http_config
upstream films.s3.us-east-1.amazonaws.com {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
    $TEST_NGINX_KEYS
    s3_region us-east-1;
}
--- config
s3_methods any;
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- http2
--- request eval
["PUT /h2.txt\nbody by HTTP/2", "GET /h2.txt"]
--- response_body eval
["", "body by HTTP/2"]

=== TEST 12: HTTP/2 from the client, and a method that is not allowed
--- http_config
upstream bucket {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
    s3_region us-east-1;
}
--- config
location / { proxy_pass http://bucket; }
--- http2
--- request
DELETE /a
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- upstream_count: 0

=== TEST 13: HTTP/1.1 with TLS from the client
--- http_config eval: $::Front
--- user_files eval: \@::Files
--- config
location /fetched { root html; }
--- init
main::fetch('/a%20b.txt', '--http1.1');
--- request
GET /fetched
--- response_body
a b.txt of films
--- access_log
"GET /a%20b.txt HTTP/1.1" 200

=== TEST 14: HTTP/2 with TLS from the client
--- http_config eval: $::Front
--- user_files eval: \@::Files
--- config
location /fetched { root html; }
--- init
main::fetch('/a%20b.txt', '--http2');
--- request
GET /fetched
--- response_body
a b.txt of films
--- access_log
"GET /a%20b.txt HTTP/2.0" 200
