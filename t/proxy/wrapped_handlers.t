# Modules whose content handler replaces that of proxy_pass and calls it: the
# location is signed as one with proxy_pass.

use strict;
use warnings;

use lib 't/lib';
use NginxTest 'no_plan';

our $Keys = <<'END';
$TEST_NGINX_KEYS
s3_region us-east-1;
END
our $S3 = 'proxy_pass http://127.0.0.1:$TEST_NGINX_S3_PORT;';

our $Http = <<'END';
upload_progress uploads 1m;
proxy_cache_path cache keys_zone=films:1m;
END
our $Track = 'track_uploads uploads 1s;';
# Purging removes the cached response and sends no request.
our $Purge = <<'END';
proxy_cache films; proxy_cache_valid 1m; proxy_cache_key $uri;
proxy_cache_purge PURGE from 127.0.0.1;
add_header X-Cache $upstream_cache_status;
END

other_modules(qw(ngx_http_uploadprogress_module ngx_http_cache_purge_module));
no_root_location();
run_tests();

__DATA__

=== TEST 1: track_uploads: GET is signed, PUT is answered with 405
--- http_config eval: $::Http
--- config eval
"location / { $::Keys $::S3 $::Track }"
--- request eval
['GET /films/hello.txt', "PUT /films/wrapped\nbody", "POST /films/?delete\nbody"]
--- error_code eval: [200, 405, 405]
--- response_headers eval: ['! Allow', 'Allow: GET, HEAD', 'Allow: GET, HEAD']
--- s3_log_like
GET /films/hello.txt\S* 200 v4-query
--- s3_log_unlike
PUT|POST
--- no_error_log
has no effect

=== TEST 2: proxy_cache_purge: GET is signed, PUT is answered with 405
--- http_config eval: $::Http
--- config eval
"location / { $::Keys $::S3 $::Purge }"
--- request eval
['GET /films/hello.txt', 'GET /films/hello.txt', "PUT /films/wrapped\nbody"]
--- error_code eval: [200, 200, 405]
--- response_headers eval: ['X-Cache: MISS', 'X-Cache: HIT', 'Allow: GET, HEAD']
--- s3_log_like
GET /films/hello.txt\S* 200 v4-query
--- s3_log_unlike
PUT
--- no_error_log
has no effect

=== TEST 3: proxy_cache_purge: PURGE removes the entry
--- skip_nginx: 9: < 1.26.0: Debian 12's module ends the worker
--- http_config eval: $::Http
--- config eval
"location / { $::Keys $::S3 $::Purge }"
--- request eval
['GET /films/hello.txt', 'GET /films/hello.txt', 'PURGE /films/hello.txt',
 'GET /films/hello.txt', "PUT /films/wrapped\nbody"]
--- error_code eval: [200, 200, 200, 200, 405]
--- response_headers eval
['X-Cache: MISS', 'X-Cache: HIT', '! Allow', 'X-Cache: MISS', 'Allow: GET, HEAD']
--- s3_log_unlike
P(?:UT|URGE)
--- no_error_log
has no effect

=== TEST 4: PURGE of what is not cached
--- skip_nginx: 2: < 1.26.0: Debian 12's module ends the worker
--- http_config eval: $::Http
--- config eval
"location / { $::Keys $::S3 $::Purge }"
--- request
PURGE /films/hello.txt
--- error_code_like: ^(?:404|412)$
--- s3_log_unlike
PURGE

=== TEST 5: proxy_cache_purge with another method, which s3_methods must allow
--- skip_nginx: 3: < 1.26.0: Debian 12's module ends the worker
--- http_config eval: $::Http
--- config eval
my $purge = $::Purge =~ s/PURGE/DELETE/r;
<<"END";
location / { $::Keys $::S3 $purge }
location /films/a/ { $::Keys s3_methods GET DELETE; $::S3 $purge }
END
--- request eval: ['DELETE /films/hello.txt', 'DELETE /films/a/hello.txt']
--- error_code_like eval: ['405', '^(?:404|412)$']
--- s3_log_unlike
DELETE

=== TEST 6: track_uploads: PURGE is answered with 500
--- http_config eval: $::Http
--- config eval
"location / { $::Keys $::S3 $::Track }"
--- request
PURGE /films/hello.txt
--- error_code: 500
--- s3_log_unlike
PURGE
--- error_log
request not signed and not sent: "s3_methods" does not allow method "PURGE"

=== TEST 7: both modules
--- skip_nginx: 7: < 1.26.0: Debian 12's module ends the worker
--- http_config eval: $::Http
--- config eval
"location / { $::Keys $::S3 $::Track $::Purge }"
--- request eval
['GET /films/hello.txt', "PUT /films/wrapped\nbody", 'PURGE /films/hello.txt']
--- error_code eval: [200, 405, 200]
--- response_headers eval: ['X-Cache: MISS', 'Allow: GET, HEAD', '! Allow']
--- no_error_log
has no effect

=== TEST 8: methods that may be signed
--- http_config eval: $::Http
--- config eval
"location / { $::Keys s3_methods any; $::S3 $::Track }"
--- request eval: ["PUT /films/wrapped\nbody", 'GET /films/wrapped']
--- error_code eval: [200, 200]
--- response_body eval: ['', 'body']

=== TEST 9: proxy_pass with variables
--- http_config eval: $::Http
--- config eval
<<"END";
set \$port \$TEST_NGINX_S3_PORT;
location / { $::Keys proxy_pass http://127.0.0.1:\$port; $::Track }
END
--- request eval: ['GET /films/hello.txt', "PUT /films/wrapped\nbody"]
--- error_code eval: [200, 405]
--- response_headers eval: ['! Allow', 'Allow: GET, HEAD']
--- no_error_log
has no effect

=== TEST 10: the keys in an upstream block
--- http_config eval
"$::Http upstream films { server 127.0.0.1:\$TEST_NGINX_S3_PORT; $::Keys }"
--- config eval
"proxy_set_header Host s3.test; location / { proxy_pass http://films; $::Purge }"
--- request eval: ['GET /films/hello.txt', "PUT /films/wrapped\nbody"]
--- error_code eval: [200, 405]
--- response_headers eval: ['X-Cache: MISS', 'Allow: GET, HEAD']

=== TEST 11: a warning of the location
--- http_config eval: $::Http
--- config eval
"location / { \$TEST_NGINX_KEYS $::S3 $::Track }"
--- request
PUT /films/wrapped
--- error_code: 405
--- error_log
signs with Signature V2
--- no_error_log
has no effect

=== TEST 12: if blocks
--- http_config eval: $::Http
--- config eval
<<"END";
location / {
    $::Keys $::S3 $::Track
    if (\$arg_a) { set \$a 1; }
    if (\$arg_b) { proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }
    if (\$arg_c) { fastcgi_pass 127.0.0.1:\$TEST_NGINX_REFUSED_PORT; }
}
END
--- request eval
["POST /?a=1\nbody", "POST /?b=1\nbody", "POST /?c=1\nbody"]
--- error_code eval: [405, 405, 502]
--- upstream_count: 0

=== TEST 13: limit_except
--- http_config eval: $::Http
--- config eval
<<"END";
location / {
    $::Keys $::S3 $::Track
    limit_except GET { s3_methods PUT; }
}
location /films/app/ {
    $::Keys $::S3 $::Track
    limit_except GET {
        s3_access_key off;
        proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
    }
}
END
--- request eval: ["PUT /films/wrapped\nbody", "POST /films/a\nbody", "POST /films/app/a\nbody"]
--- error_code eval: [200, 405, 200]
--- response_headers eval: ['! Allow', 'Allow: PUT', '! Allow']
--- upstream_count: 1

=== TEST 14: an if block in a location without proxy_pass
--- http_config eval: $::Http
--- config eval
<<"END";
location / {
    $::Keys
    root \$TEST_NGINX_HTML_DIR;
    if (\$arg_s3) { $::S3 }
}
END
--- request eval: ["POST /films/a?s3=1\nbody", 'GET /films/hello.txt?s3=1', 'GET /index.html']
--- error_code eval: [405, 200, 200]
--- no_error_log
has no effect

=== TEST 15: a location nested in a wrapped one has no proxy_pass
--- http_config eval: $::Http
--- config eval
<<"END";
location / {
    $::S3 $::Track
    location /files/ {
        $::Keys
        return 200 "files\\n";
    }
}
END
--- request
POST /files/
--- response_body
files
--- error_log
"s3_access_key" has no effect in a location without "proxy_pass"

=== TEST 16: a module's handler without proxy_pass
--- http_config eval: $::Http
--- config eval
<<"END";
location /progress { $::Keys report_uploads uploads; }
location /app/ { $::Keys fastcgi_pass 127.0.0.1:\$TEST_NGINX_REFUSED_PORT; $::Track }
END
--- request eval: ['GET /progress?X-Progress-ID=1', "POST /app/\nbody"]
--- error_code eval: [200, 502]
--- init
our @Has = NginxTest::Nginx::read_file(NginxTest::server_root() . '/logs/error.log') =~ /has no effect/g;
Test::More::is(scalar(@Has), 2, 'both keys have no effect');

=== TEST 17: the 405 is after the access rules, and error_page applies
--- http_config eval: $::Http
--- config eval
<<"END";
location / { deny all; $::Keys $::S3 $::Track }
location /films/ { error_page 405 = /instead; $::Keys $::S3 $::Track }
location /instead { return 200 "instead\\n"; }
END
--- request eval: ["PUT /a\nbody", "PUT /films/wrapped\nbody"]
--- error_code eval: [403, 200]
--- response_headers eval: ['! Allow', '! Allow']

=== TEST 18: proxy_pass and fastcgi_pass in one block
nginx uses the last one. The module cannot detect this and treats the location as one
with proxy_pass; nested locations have none.
--- http_config eval: $::Http
--- config eval
<<"END";
$::Keys
location / {
    $::S3
    fastcgi_pass 127.0.0.1:\$TEST_NGINX_REFUSED_PORT;
    location /below/ { fastcgi_pass 127.0.0.1:\$TEST_NGINX_REFUSED_PORT; }
}
location /beside/ { fastcgi_pass 127.0.0.1:\$TEST_NGINX_REFUSED_PORT; }
END
--- request eval: ["POST /\nbody", 'GET /', "POST /below/\nbody", "POST /beside/\nbody"]
--- error_code eval: [405, 502, 502, 502]
