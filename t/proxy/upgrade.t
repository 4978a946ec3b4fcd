# A client that requests an upgrade, and an upstream that answers 101: a signed
# location opens no tunnel. The second packet of each request would be the first
# bytes in the tunnel; they have the form of a request, so that the upstream counts them.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our $Head = <<'END' =~ s/\n/\r\n/gr;
GET /films/a HTTP/1.1
Host: localhost
Connection: close, upgrade
Upgrade: websocket

END
our $Tunneled = "GET /tunnel HTTP/1.1\r\nHost: tunnel\r\n\r\n";
our @Packets = ($Head, {value => $Tunneled, delay_before => 0.2});

our $Switching = <<'END';
HTTP/1.1 101 Switching Protocols
Connection: upgrade
Upgrade: websocket

END
# The tunnel is closed after the answer to the bytes in it.
our @Answers = ($Switching, {response => undef, then => 'close'});

our $Upgrade = <<'END';
proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection upgrade;
END
our $Keys = '$TEST_NGINX_KEYS s3_region eu-west-1;';
our $Pass = 'proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;';
our $Refused = 'upstream sent status 101 to a signed request';

no_root_location();
run_tests();

__DATA__

=== TEST 1: an unsigned location opens a tunnel
--- config eval
"location / { $::Upgrade $::Pass }"
--- raw_request eval: \@::Packets
--- upstream_response eval: \@::Answers
--- error_code: 101
--- response_headers
Upgrade: websocket
--- upstream_request_like eval
[qr{^GET /films/a HTTP.*^Upgrade: websocket$}ms, qr{^GET /tunnel HTTP}]
--- no_error_log
[error]

=== TEST 2: a location signed by the query opens none
--- config eval
"location / { $::Keys $::Upgrade $::Pass }"
--- raw_request eval: \@::Packets
--- upstream_response eval: \@::Answers
--- error_code: 502
--- response_headers
! Upgrade
--- upstream_request_like eval
qr{^GET /films/a\?X-Amz-Algorithm=}
--- error_log eval: $::Refused

=== TEST 3: a location signed by headers opens none
--- config eval
"location / { $::Keys s3_use_headers on; $::Upgrade $::Pass }"
--- raw_request eval: \@::Packets
--- upstream_response eval: \@::Answers
--- error_code: 502
--- response_headers
! Upgrade
--- upstream_request_like eval
qr{^GET /films/a HTTP/1.1.*^Authorization: AWS4-HMAC-SHA256}ms
--- error_log eval: $::Refused

=== TEST 4: a location signed by the upstream block opens none
--- http_config eval
<<"END";
upstream films { server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; $::Keys }
END
--- config eval
"set \$name films; location / { $::Upgrade proxy_pass http://\$name; }"
--- raw_request eval: \@::Packets
--- upstream_response eval: \@::Answers
--- error_code: 502
--- upstream_count: 1
--- error_log eval: $::Refused

=== TEST 5: an upgrade that the client did not request
--- config eval
"location / { $::Keys $::Pass }"
--- raw_request eval
["GET /films/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
 {value => $::Tunneled, delay_before => 0.2}]
--- upstream_response eval: \@::Answers
--- error_code: 502
--- upstream_count: 1
--- error_log eval: $::Refused

=== TEST 6: without buffering of the response
--- config eval
"location / { $::Keys proxy_buffering off; $::Upgrade $::Pass }"
--- raw_request eval: \@::Packets
--- upstream_response eval: \@::Answers
--- error_code: 502
--- upstream_count: 1
--- error_log eval: $::Refused

=== TEST 7: error_page replaces the 502, and $upstream_status is logged
--- http_config
log_format upgrade "$status $upstream_status $s3_signature";
--- config eval
<<"END";
access_log logs/access.log upgrade;
location / { $::Keys error_page 502 = /instead; $::Upgrade $::Pass }
location /instead { return 200 "instead\\n"; }
END
--- raw_request eval: \@::Packets
--- upstream_response eval: \@::Answers
--- response_body
instead
--- upstream_count: 1
--- access_log
200 101 -

=== TEST 8: a signed location to which error_page redirects
nginx would answer with the status of the error.
--- config eval
<<"END";
location / { error_page 404 /films/b; return 404; }
location /films/b { $::Keys $::Upgrade $::Pass }
END
--- raw_request eval: \@::Packets
--- upstream_response eval: \@::Answers
--- error_code: 502
--- response_headers
! Upgrade
--- upstream_count: 1
--- error_log eval: $::Refused

=== TEST 9: with a cache
--- http_config
proxy_cache_path cache keys_zone=films:1m;
--- config eval
<<"END";
location / { $::Keys proxy_cache films; proxy_cache_valid any 1m; $::Upgrade $::Pass }
END
--- raw_request eval: \@::Packets
--- upstream_response eval: \@::Answers
--- error_code: 502
--- upstream_count: 1
--- error_log eval: $::Refused

=== TEST 10: a variable that turns signing off opens a tunnel
--- http_config
map $uri $key { default off; }
--- config eval
<<"END";
location / {
    s3_access_key \$key; s3_secret_key unused; s3_region eu-west-1;
    $::Upgrade $::Pass
}
END
--- raw_request eval: \@::Packets
--- upstream_response eval: \@::Answers
--- error_code: 101
--- upstream_count: 2

=== TEST 11: a subrequest
--- config eval
<<"END";
location / { auth_request /films/auth; root \$TEST_NGINX_HTML_DIR; }
location /films/auth { $::Keys $::Upgrade $::Pass }
END
--- raw_request eval: \@::Packets
--- upstream_response eval: \@::Answers
--- error_code: 500
--- upstream_count: 1
--- error_log eval: $::Refused
