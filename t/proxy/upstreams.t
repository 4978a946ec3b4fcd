# Requests are signed whichever way nginx finds the host.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our $Keys = <<'END';
$TEST_NGINX_KEYS
s3_region      us-east-1;
s3_use_headers on;
END

our $TemporaryKeys = <<'END';
s3_access_key     ASIATEMPORARY0000001;
s3_secret_key     TemporarySecretKey/With+Signs00000000001;
s3_security_token TemporarySessionToken/With+Signs==;
END

our $Films = 'upstream films.s3.us-east-1.amazonaws.com {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
' . "$Keys}\n";

our $Music = 'upstream music.s3.us-east-1.amazonaws.com {
    server 127.0.0.1:$TEST_NGINX_S3_PORT;
' . "$TemporaryKeys}\n";

our $Signed =
    qr{^Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST00000000001/}m;

no_root_location();
run_tests();

__DATA__

=== TEST 1: a literal host, keys in the location
--- config eval
"location / {
    $::Keys
    proxy_pass http://127.0.0.1:\$TEST_NGINX_S3_PORT/films/;
}"
--- request
GET /hello.txt
--- response_body
hello from films

=== TEST 2: a literal host, keys in http
--- http_config eval: $::Keys
--- config
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT/films/; }
--- request
GET /hello.txt
--- response_body
hello from films

=== TEST 3: a literal host by name
--- config eval
"location / {
    $::Keys
    proxy_set_header Host films.s3.us-east-1.amazonaws.com;
    proxy_pass       http://localhost:\$TEST_NGINX_S3_PORT;
}"
--- request
GET /hello.txt
--- response_body
hello from films

=== TEST 4: an upstream block
--- http_config eval: $::Films
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request
GET /hello.txt
--- response_body
hello from films

=== TEST 5: an upstream block, keys in the location
--- http_config
upstream bucket { server 127.0.0.1:$TEST_NGINX_S3_PORT; }
--- config eval
"location / {
    $::Keys
    proxy_set_header Host music.s3.us-east-1.amazonaws.com;
    proxy_pass       http://bucket;
}"
--- request
GET /hello.txt
--- response_body
hello from music

=== TEST 6: an upstream block after the server that uses it
--- http_config eval
"server {
    listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
}
$::Films"
--- config
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /hello.txt
--- response_body
hello from films

=== TEST 7: an upstream block after the server whose variables name it
--- http_config eval
"server {
    listen 127.0.0.1:\$TEST_NGINX_RAND_PORT_1;
    location / {
        set        \$bucket films;
        proxy_pass http://\$bucket.s3.us-east-1.amazonaws.com;
    }
}
$::Films"
--- config
location / { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /hello.txt
--- response_body
hello from films

=== TEST 8: variables choose between two upstream blocks, each with its keys
--- http_config eval: $::Films . $::Music
--- config
location ~ ^/(\w+)(/.*)$ {
    proxy_pass http://$1.s3.us-east-1.amazonaws.com$2;
}
--- request eval
["GET /films/hello.txt", "GET /music/hello.txt", "GET /films/hello.txt"]
--- response_body eval
["hello from films\n", "hello from music\n", "hello from films\n"]
--- s3_log_like
GET /hello.txt 200 v4-headers$
GET /hello.txt\?AWSAccessKeyId=ASIATEMPORARY0000001&\S+ 200 v2-query$

=== TEST 9: variables name an upstream block in another case
--- http_config eval
"upstream bucket { server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; $::Keys }"
--- config
proxy_http_version 1.1;
location ~ ^/(\w+)(/.*)$ { proxy_pass http://$1$2; }
--- request
GET /BucKet/a
--- upstream_request_like eval
qr{\AGET /a HTTP/1\.1\nHost: BucKet\n.*$::Signed}s

=== TEST 10: variables name an upstream block without keys: unsigned
--- http_config eval
"upstream plain { server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }
upstream bucket { server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; $::Keys }"
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location ~ ^/(\w+)(/.*)$ { proxy_pass http://$1$2; }
--- request eval
["GET /plain/a", "GET /bucket/a", "GET /plain/a"]
--- upstream_request eval
["GET /a HTTP/1.1\nHost: plain\n", undef,
 "GET /a HTTP/1.1\nHost: plain\n"]
--- upstream_request_like eval
[qr/^Host: plain$/m, $::Signed, qr/^Host: plain$/m]

=== TEST 11: variables name an upstream block without keys, in a signed location
--- http_config
upstream bucket { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- config eval
"location / {
    $::Keys
    set \$name bucket;
    proxy_pass http://\$name;
}"
--- request
GET /a
--- upstream_request_like eval: $::Signed

=== TEST 12: variables name an upstream block with s3_access_key off
--- http_config eval
"upstream plain {
    server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
    s3_access_key off;
}
upstream bucket { server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }
$::Keys"
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location ~ ^/(\w+)(/.*)$ { proxy_pass http://$1$2; }
--- request eval
["GET /plain/a", "GET /bucket/a"]
--- upstream_request eval
["GET /a HTTP/1.1\nHost: plain\n", undef]
--- upstream_request_like eval
[qr/^Host: plain$/m, $::Signed]

=== TEST 13: a host with a port is not the upstream block of that name
nginx compares the port: the keys of the block are not used for another host.
--- http_config eval: $::Films
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off;
location / {
    set $bucket films;
    proxy_pass http://$bucket.s3.us-east-1.amazonaws.com:$TEST_NGINX_UPSTREAM_PORT;
}
--- dns
films.s3.us-east-1.amazonaws.com
--- request
GET /hello.txt
--- upstream_request
GET /hello.txt HTTP/1.1
Host: films.s3.us-east-1.amazonaws.com:$TEST_NGINX_UPSTREAM_PORT

=== TEST 14: variables name the host and port of a literal proxy_pass
For such a host nginx keeps an upstream without any module's configuration.
--- config eval
"location /literal { proxy_pass http://127.0.0.1:\$TEST_NGINX_S3_PORT; }
location /films/ {
    $::Keys
    set        \$host_and_port 127.0.0.1:\$TEST_NGINX_S3_PORT;
    proxy_pass http://\$host_and_port;
}"
--- request
GET /films/hello.txt
--- response_body
hello from films

=== TEST 15: variables name the host and port of a literal proxy_pass, keys in another upstream block: unsigned
--- http_config eval: $::Films
--- config
proxy_http_version 1.1;
proxy_set_header Connection "";
location /literal { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
location / {
    set        $host_and_port 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_pass http://$host_and_port;
}
--- request
GET /hello.txt
--- upstream_request
GET /hello.txt HTTP/1.1
Host: 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT

=== TEST 16: variables with an IP address
--- config eval
"location / {
    $::Keys
    set        \$address 127.0.0.1;
    proxy_pass http://\$address:\$TEST_NGINX_S3_PORT/films\$request_uri;
}"
--- request
GET /a%20b.txt
--- response_body
a b.txt of films

=== TEST 17: a name resolved at run time, keys in the location
--- config eval
"resolver 127.0.0.1:\$TEST_NGINX_DNS_PORT ipv6=off;
location / {
    $::Keys
    proxy_pass
        http://\$arg_b.s3.us-east-1.amazonaws.com:\$TEST_NGINX_S3_PORT\$uri;
}"
--- dns
s3.us-east-1.amazonaws.com
--- request eval
["GET /hello.txt?b=films", "GET /hello.txt?b=music"]
--- response_body eval
["hello from films\n", "hello from music\n"]

=== TEST 18: a name resolved at run time, keys in http
--- http_config eval: $::TemporaryKeys
--- config
resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off;
location / {
    set        $bucket music;
    proxy_pass http://$bucket.s3.us-east-1.amazonaws.com:$TEST_NGINX_S3_PORT;
}
--- dns
s3.us-east-1.amazonaws.com
--- request
GET /hello.txt
--- response_body
hello from music
--- s3_log_like
GET /hello.txt\?AWSAccessKeyId=ASIATEMPORARY0000001&\S+ 200 v2-query$

=== TEST 19: a name whose first address refuses the connection
--- config eval
"resolver 127.0.0.1:\$TEST_NGINX_DNS_PORT ipv6=off;
location / {
    $::Keys
    set        \$bucket films;
    proxy_pass http://\$bucket.s3.us-east-1.amazonaws.com:\$TEST_NGINX_S3_PORT;
}"
--- dns
s3.us-east-1.amazonaws.com 127.0.0.2 127.0.0.3 127.0.0.1
--- request eval
[("GET /hello.txt") x 6]
--- response_body eval
[("hello from films\n") x 6]

=== TEST 20: a name that does not exist
--- config eval
"resolver 127.0.0.1:\$TEST_NGINX_DNS_PORT ipv6=off;
location / {
    $::Keys
    set        \$bucket films;
    proxy_pass http://\$bucket.s3.us-east-1.amazonaws.com;
}"
--- dns
example.com
--- request
GET /hello.txt
--- error_code: 502
--- error_log
films.s3.us-east-1.amazonaws.com could not be resolved

=== TEST 21: a refused request is not resolved
--- config eval
"resolver 127.0.0.1:\$TEST_NGINX_DNS_PORT ipv6=off;
location / {
    $::Keys
    set \$bucket films;
    proxy_http_version 1.0;
    proxy_set_header Host '';
    proxy_pass http://\$bucket.s3.test:\$TEST_NGINX_UPSTREAM_PORT;
}"
--- dns
s3.test
--- request
GET /hello.txt
--- error_code: 500
--- error_log
request not signed and not sent:
--- no_error_log
resolve: "films.s3.test"
--- upstream_connections: 0

=== TEST 22: a server of an upstream block with "resolve"
--- http_config eval
"resolver 127.0.0.1:\$TEST_NGINX_DNS_PORT ipv6=off;
upstream films.s3.us-east-1.amazonaws.com {
    zone   films 64k;
    server localhost:\$TEST_NGINX_S3_PORT resolve;
    $::Keys
}"
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- dns
localhost
--- init
# The worker resolves the addresses when it has started; until then there are none.
my $url = "http://127.0.0.1:$ENV{TEST_NGINX_SERVER_PORT}/hello.txt";
for (1 .. 100) {
    last if `curl -s -o /dev/null -w '%{http_code}' $url` == 200;
    select undef, undef, undef, 0.05;
}
--- request
GET /hello.txt
--- skip_nginx: 2: < 1.27.3
--- response_body
hello from films

=== TEST 23: a literal unix socket
--- config eval
"location / {
    $::Keys
    proxy_http_version 1.1;
    proxy_pass http://unix:\$TEST_NGINX_UPSTREAM_SOCKET:/x;
}"
--- request
GET /a
--- upstream_request_like eval
[qr{\AGET /xa HTTP/1\.1\nHost: localhost\n.*^Authorization: AWS4.*Signature=}ms]

=== TEST 24: a unix socket in an upstream block
--- http_config eval
"upstream bucket { server unix:\$TEST_NGINX_UPSTREAM_SOCKET; $::Keys }"
--- config
location / { proxy_pass http://bucket; }
--- request
GET /a
--- upstream_request_like eval: $::Signed

=== TEST 25: variables with a unix socket
--- config eval
"location / {
    $::Keys
    set        \$socket \$TEST_NGINX_UPSTREAM_SOCKET;
    proxy_pass http://unix:\$socket:\$request_uri;
}"
--- request
GET /a
--- upstream_request_like eval: $::Signed

=== TEST 26: least_conn, with a server that is down and a backup
--- http_config eval
"upstream films.s3.us-east-1.amazonaws.com {
    least_conn;
    server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT down;
    server 127.0.0.1:\$TEST_NGINX_REFUSED_PORT;
    server 127.0.0.1:\$TEST_NGINX_S3_PORT backup;
    $::Keys
}"
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request eval
["GET /hello.txt", "GET /a%20b.txt"]
--- response_body eval
["hello from films\n", "a b.txt of films\n"]
--- upstream_connections: 0

=== TEST 27: hash, consistent
--- http_config eval
"upstream films.s3.us-east-1.amazonaws.com {
    hash   \$request_uri consistent;
    server 127.0.0.1:\$TEST_NGINX_S3_PORT weight=2;
    server 127.0.0.1:\$TEST_NGINX_S3_PORT;
    $::Keys
}"
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request eval
["GET /hello.txt", "GET /a%20b.txt"]
--- response_body eval
["hello from films\n", "a b.txt of films\n"]

=== TEST 28: ip_hash in a zone, after the keys
--- http_config eval
"upstream films.s3.us-east-1.amazonaws.com {
    $::Keys
    zone   films 64k;
    ip_hash;
    server 127.0.0.1:\$TEST_NGINX_S3_PORT max_conns=1;
    server 127.0.0.1:\$TEST_NGINX_S3_PORT;
}"
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request eval
["GET /hello.txt", "GET /a%20b.txt"]
--- response_body eval
["hello from films\n", "a b.txt of films\n"]

=== TEST 29: random two
--- http_config eval
"upstream films.s3.us-east-1.amazonaws.com {
    random two least_conn;
    server 127.0.0.1:\$TEST_NGINX_S3_PORT;
    server 127.0.0.1:\$TEST_NGINX_S3_PORT;
    $::Keys
}"
--- config
location / { proxy_pass http://films.s3.us-east-1.amazonaws.com; }
--- request eval
["GET /hello.txt", "GET /a%20b.txt"]
--- response_body eval
["hello from films\n", "a b.txt of films\n"]

=== TEST 30: a request that is signed, and no server is up
--- http_config eval
"upstream bucket { server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT down; $::Keys }"
--- config
location / { proxy_pass http://bucket; }
--- request
GET /a
--- error_code: 502
--- error_log
no live upstreams
--- upstream_connections: 0

=== TEST 31: a port after the name of a block, in a variable: the name is resolved, and nginx warns
--- http_config
upstream s3.example.com {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    $TEST_NGINX_KEYS
}
--- config
location / {
    resolver 127.0.0.1:$TEST_NGINX_DNS_PORT ipv6=off;
    set $bucket S3.example.com:$TEST_NGINX_UPSTREAM_PORT;
    proxy_pass http://$bucket;
}
--- dns
s3.example.com
--- raw_request eval
"GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
--- upstream_request_unlike: Authorization|AWSAccessKeyId
--- upstream_count: 2
--- grep_error_log eval
qr/request not signed: .*(?=, client)/
--- grep_error_log_out eval
qq{request not signed: "s3.example.com:$ENV{TEST_NGINX_UPSTREAM_PORT}" in "proxy_pass" is not upstream "s3.example.com", remove the port to use that upstream and its "s3_access_key"\n}
