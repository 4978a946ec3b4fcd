# The command apache2nginx against Apache itself: each configuration is run by
# Apache and, converted, by nginx, and the same requests are sent to both. They
# reach the same objects. Where Apache allows some clients by rules that are not
# converted, nginx denies all.
#
# A case is a configuration with the paths to request. nginx answers 403 to a path
# after "-", whatever Apache does. PUT before a path is the method.

use strict;
use warnings;

use lib 't/lib';
use Cwd ();
use File::Basename qw(dirname);
use IO::Socket::INET ();
use Test::More;
use NginxTest::Env ();
use NginxTest::Nginx ();
use NginxTest::Process qw(spawn stop_process wait_until);

my $Root    = Cwd::abs_path(dirname(__FILE__) . '/../..');
my $Work    = NginxTest::Env::work_dir();
my $Nginx   = NginxTest::Nginx::binary();
my $Version = join '.', map { $_ + 0 }
    NginxTest::Nginx::version() =~ /^(\d+)\.(\d{3})(\d{3})$/;
my $Command = Cwd::abs_path(
    $ENV{APACHE2NGINX} || "$Root/target/debug/apache2nginx");

# Of Apache, nginx, and the server to which both pass the requests.
my ($Apache, $Front, $Back) = map { NginxTest::Env::new_server_port() } 1 .. 3;

my @Modules = qw(mpm_event access_compat alias auth_basic authn_core authn_file
    authz_core authz_host authz_user headers proxy proxy_http rewrite);

for my $case (cases()) {
    my ($name, $conf, @paths) = @$case;
    subtest $name => sub { compare($conf, @paths) };
}
done_testing();

sub compare {
    my ($conf, @paths) = @_;

    $conf =~ s/BACK/http:\/\/127.0.0.1:$Back/g;
    my $site = "Listen 127.0.0.1:$Apache\nServerName localhost\n$conf";
    spurt("$Work/site.conf", $site);
    my $modules = join '', map {
        "LoadModule ${_}_module /usr/lib/apache2/modules/mod_$_.so\n" } @Modules;
    spurt("$Work/httpd.conf", "ServerRoot $Work\nPidFile $Work/httpd.pid\n"
        . "ErrorLog $Work/httpd.log\n${modules}Include site.conf\n");

    # The port is Apache's in one, nginx's in the other; keys have no effect.
    my $nginx = `$Command --nginx-version $Version --stdout $Work/site.conf 2>$Work/report`;
    unlike($?, qr/^(?:-1|512)$/, 'it is converted') or return;
    $nginx =~ s/listen (?:127\.0\.0\.1:)?\d+/listen 127.0.0.1:$Front/g;
    spurt("$Work/nginx.conf", <<"END");
daemon off;
error_log $Work/error.log;
pid $Work/nginx.pid;
events {}
http {
    access_log off;
    root /nonexistent;
    client_body_temp_path $Work/body;
    proxy_temp_path $Work/proxy;
    fastcgi_temp_path $Work/fastcgi;
    uwsgi_temp_path $Work/uwsgi;
    scgi_temp_path $Work/scgi;
    server {
        listen 127.0.0.1:$Back;
        return 200 "\$request_method \$request_uri \$http_x_test";
    }
    $nginx
}
END
    my @running = (
        spawn(apache => ['/usr/sbin/apache2', '-X', '-d', $Work, '-f',
            "$Work/httpd.conf"], stderr => "$Work/apache.err"),
        spawn(nginx => [$Nginx, '-p', $Work, '-c', "$Work/nginx.conf"],
            stderr => "$Work/nginx.err"),
    );
    my $up = wait_until(3, sub { listens($Apache) && listens($Front) });
    ok($up, 'both run') or diag map { slurp("$Work/$_") } qw(apache.err nginx.err);
    my $wrong = !$up;
    for my $path ($up ? @paths : ()) {
        my $closed = $path =~ s/^-//;
        my ($method, $uri) = $path =~ /^([A-Z]+) (.*)$/ ? ($1, $2) : (GET => $path);
        my $wanted = $closed ? '403' : answer($Apache, $method, $uri);
        is(answer($Front, $method, $uri), $wanted, $path)
            or $wrong++;
    }
    stop_process($_, [TERM => 5]) for @running;
    diag $nginx, slurp("$Work/report") if $wrong;
    return;
}

# The status and, of an object, the request that reached the server behind.
sub answer {
    my ($port, $method, $path) = @_;

    my $socket = IO::Socket::INET->new("127.0.0.1:$port") or return "no: $!";
    print $socket "$method $path HTTP/1.1\r\nHost: localhost\r\n"
        . "Content-Length: 0\r\nConnection: close\r\n\r\n";
    my $answer = do { local $/; <$socket> } // '';
    my ($status, $body) = $answer =~ m{^HTTP/1\.1 (\d+).*?\r\n\r\n(.*)$}s
        or return "odd: $answer";
    # With and without the framing of chunks.
    ($body) = $body =~ /((?:GET|PUT|POST) [^\r]*)/;
    return $status eq '200' ? "200 $body" : $status;
}

sub listens {
    my ($port) = @_;

    return IO::Socket::INET->new("127.0.0.1:$port");
}

sub slurp {
    my ($path) = @_;

    open my $in, '<', $path or return "$path: $!\n";
    local $/;
    return scalar <$in> // '';
}

sub spurt {
    my ($path, $text) = @_;

    open my $out, '>', $path or die "$path: $!";
    print $out $text;
    close $out or die "$path: $!";
    return;
}

sub cases {
    return (
['the first ProxyPass that fits wins, the longest path does not', <<'END',
ProxyPass /a/ BACK/first/
ProxyPass /a/b/ BACK/second/
ProxyPass /c/d/ !
ProxyPass /c/ BACK/c/
END
    qw(/a/x /a/b/x /c/x /c/d/x /c/d /none)],

['regular expressions and paths keep their order', <<'END',
ProxyPassMatch ^/r/(.*)$ BACK/regex/$1
ProxyPass /r/p/ BACK/prefix/
ProxyPass /p/ BACK/p/
ProxyPassMatch ^/p/(.*)$ BACK/never/$1
ProxyPassMatch ^/all/ BACK/kept
END
    qw(/r/p/x /p/x /all/x /r/a%20b%3Fc%25?d=e /films/a.txt)],

['a regular expression for the end of a path', <<'END',
ProxyPass /p/ BACK/p/
ProxyPassMatch \.mp4$ BACK
END
    qw(/p/x /p/a.mp4 /films/a.mp4 /films/a.txt /x/../films//a%20%3Fb%25.mp4?c=%20)],

['a Location wins over the server, the last Location over others', <<'END',
ProxyPass /l/ BACK/server/
<Location /l/>
    ProxyPass BACK/location/
</Location>
<Location /m/deep/>
    ProxyPass BACK/deep/
</Location>
<Location /m/>
    ProxyPass BACK/shallow/
</Location>
<Location /n/>
    ProxyPass BACK/shallow/
</Location>
<Location /n/deep/>
    ProxyPass BACK/deep/
</Location>
END
    qw(/l/x /m/deep/x /m/x /n/deep/x /n/x)],

['the main server comes before a virtual host', <<'END',
ProxyPass /m/ BACK/main/
<VirtualHost *>
    ProxyPass /m/ BACK/host/
    ProxyPass /h/ BACK/host/
</VirtualHost>
END
    qw(/m/x /h/x)],

['a virtual host that passes nothing on keeps its requests', <<'END',
<VirtualHost *>
    ServerName www.example.com
    DocumentRoot /nonexistent
</VirtualHost>
<VirtualHost *>
    ServerName s3.example.com
    ServerAlias *.example.com
    ProxyPass / BACK/
</VirtualHost>
END
    qw(/x)],

['a virtual host for all names', <<'END',
<VirtualHost *>
    ServerName s3.example.com
    ServerAlias *
    ProxyPass / BACK/s3/
</VirtualHost>
<VirtualHost *>
    ServerName www.example.com
    DocumentRoot /nonexistent
</VirtualHost>
END
    qw(/x)],

['paths are joined and encoded alike', <<'END',
ProxyPass /plain BACK
ProxyPass /slash BACK/
ProxyPass /both/ BACK/both/
ProxyPass /part/ BACK/part
ProxyPass /mixed BACK/mixed/
ProxyPass "/a b/" "BACK/c d/"
ProxyPass /percent/ BACK/e%20e/
ProxyPass /dollar/ BACK/$x/
ProxyPass /raw/ BACK/raw/ nocanon
<Location /loc>
    ProxyPass BACK/loc/
</Location>
END
    qw(/plain /plain/x /plainx /slash /slash/x /both/x /both/a%20b%3F%25?q=%20
       /part/x /mixed/x /a%20b/x /percent/x /raw/x /loc /loc/x /locx)],

['access: sections on a part of the paths', <<'END',
ProxyPass /a/ BACK/a/
ProxyPassMatch ^/r/(.*)$ BACK/r/$1
<Location /a/private/>
    Require all denied
</Location>
<Location /a/private/open/>
    Require all granted
</Location>
<Location /r/private>
    Require all denied
</Location>
<LocationMatch "\.git">
    Require all denied
</LocationMatch>
<LocationMatch "^/a/pre">
    Require all denied
</LocationMatch>
END
    qw(/a/x /a/private/x /a/private/open/x /a/x.git/y /a/prefixed/x /r/x
       /r/private /r/private/x /r/privateer /r/.git)],

['access: an expression that comes after a path', <<'END',
ProxyPass /a/ BACK/a/
ProxyPassMatch ^/(.*)$ BACK/r/$1
<Location /a/private/>
    Require all denied
</Location>
END
    qw(/a/x /a/private/x /b/x)],

['access: Proxy sections on a part of the URLs', <<'END',
ProxyPass /a/ BACK/x/
ProxyPass /b BACK/y
ProxyPass /d/ BACK/part
ProxyPass /e BACK
ProxyPassMatch ^/r/(.*)$ BACK/r/$1
<Proxy BACK/x/private/>
    Require all denied
</Proxy>
<Proxy BACK/x/se>
    Require all denied
</Proxy>
<Proxy BACK/y/private/>
    Require all denied
</Proxy>
<Proxy BACK/parted/private/>
    Require all denied
</Proxy>
<Proxy BACK/root/private/>
    Require all denied
</Proxy>
<Location /d/locked/>
    Require all denied
</Location>
<Location /d/granted/>
    Require all granted
    RequestHeader set X-Test a
</Location>
<Proxy BACK/r/private/>
    Require all denied
</Proxy>
END
    qw(/a/x /a/private/x /a/secret /a/second/x /b/x /b/private/x /r/private/x
       /d/x /d/ed/private/x /d/ed/x /d/locked/x /d/granted/x /e/root/x
       /e/root/private/x
       -/r/x)],

['access: Proxy sections with expressions', <<'END',
ProxyPass /a/ BACK/x/
ProxyPass /b/ BACK/y/
<ProxyMatch "/x/.*\.key$">
    Require all denied
</ProxyMatch>
<ProxyMatch "^BACK/y/.*\.key$">
    Require all denied
</ProxyMatch>
END
    qw(-/a/x -/b/x -/a/x.key)],

['access: every module has its say', <<'END',
ProxyPass /a/ BACK/a/
ProxyPass /b/ BACK/b/
ProxyPass /c/ BACK/c/
<Proxy "BACK/a/">
    Order deny,allow
    Deny from all
</Proxy>
<Location /a/>
    Require all granted
</Location>
<Location />
    Require all denied
</Location>
<Location /b/>
    Require all granted
</Location>
END
    qw(/a/x /b/x /c/x)],

['access: wildcards and merging', <<'END',
ProxyPass /a/ BACK/a/
ProxyPass /b/ BACK/b/
<Location "/a/*/private">
    Require all denied
</Location>
<Location ~ "/(x|y)z/">
    Require all denied
</Location>
<Location /b/>
    Require all denied
</Location>
<Location /b/c/>
    AuthMerging And
    Require all granted
</Location>
END
    qw(/a/x /a/x/private /a/xz/q /a/q/yz/ /b/c/x)],

['access: conditions', <<'END',
ProxyPass /a/ BACK/a/
ProxyPass /b/ BACK/b/
<Location /a/>
    Require all granted
    <If "%{REQUEST_URI} =~ /secret/">
        Require all denied
    </If>
</Location>
END
    qw(-/a/x -/a/secret /b/x)],

['access: a section whose place is not known', <<'END',
ProxyPass /a/ BACK/a/
<Location ${NOT_DEFINED}/a/>
    Require all denied
</Location>
END
    qw(-/a/x)],

['access: conditions of the server', <<'END',
ProxyPass /a/ BACK/a/
<Location /a/>
    Require all granted
</Location>
<If "%{REQUEST_URI} =~ /secret/">
    Require all denied
</If>
END
    qw(-/a/x -/a/secret)],

['access: files, directories and redirects play no role', <<'END',
ProxyPass /a/ BACK/a/
<Directory />
    Require all denied
</Directory>
<Files x.key>
    Require all denied
</Files>
RedirectMatch 403 ^/a/private/
END
    qw(/a/x /a/x.key /a/private/x)],

['access: rules of mod_rewrite', <<'END',
ProxyPass /a/ BACK/a/
RewriteEngine on
RewriteCond %{REQUEST_METHOD} ^(TRACE|TRACK)
RewriteRule .* - [F]
RewriteRule ^/a/Private/ - [NC,F,L]
RewriteRule "^/a/no\.[a-z]{3}$" - [R=404]
RewriteCond %{HTTP_REFERER} evil
RewriteRule \.jpg$ - [F]
END
    qw(/a/x /a/private/x -/a/no.txt -/a/x.jpg)],

['access: addresses', <<'END',
ProxyPass /a/ BACK/a/
ProxyPass /b/ BACK/b/
ProxyPass /c/ BACK/c/
ProxyPass /d/ BACK/d/
<Location /a/>
    Require ip 127.0
</Location>
<Location /b/>
    Require ip 10.0.0.0/8 192.168.1
</Location>
<Location /c/>
    Require local
</Location>
<Location /d/>
    Order deny,allow
    Deny from all
    Allow from 127.0.0.1
</Location>
END
    qw(/a/x /b/x -/c/x -/d/x)],

['access: methods', <<'END',
ProxyPass /a/ BACK/a/
ProxyPass /b/ BACK/b/
ProxyPass /c/ BACK/c/
<Location /a/>
    <LimitExcept GET>
        Require all denied
    </LimitExcept>
</Location>
ProxyPass /d/ BACK/d/
<Location /c/>
    <LimitExcept GET HEAD OPTIONS PUT>
        Require all denied
    </LimitExcept>
</Location>
<Location /d/>
    <Limit PUT>
        Require all denied
    </Limit>
    <Limit DELETE PATCH>
        Require all denied
    </Limit>
</Location>
END
    '/a/x', 'PUT /a/x', 'PUT /b/x', 'PUT /c/x', 'POST /c/x', 'GET /c/x',
    'GET /d/x', 'PUT /d/x', 'POST /d/x', 'DELETE /d/x'],

['access: a LocationMatch with a ProxyPassMatch has its place among the others', <<'END',
<LocationMatch "^/own/(.*\.mp4)$">
    ProxyPassMatch "BACK/o/$1"
    Require all granted
</LocationMatch>
<Location "/own">
    Require ip 10.0.0.0/8
</Location>
<Location "/late">
    Require ip 10.0.0.0/8
</Location>
<LocationMatch "^/late/(.*\.mp4)$">
    ProxyPassMatch "BACK/l/$1"
    Require all granted
</LocationMatch>
END
    qw(/own/a.mp4 /late/a.mp4)],

['expressions in sections', <<'END',
<LocationMatch "^/x/(.*)$">
    ProxyPassMatch BACK/y/$1
</LocationMatch>
<LocationMatch "^/v/">
    ProxyPassMatch BACK/w
</LocationMatch>
<Location ~ "^/t/(.*)">
    ProxyPassMatch BACK/s/$1
</Location>
<Location "/plain/">
    ProxyPassMatch BACK/p
</Location>
END
    qw(/x/a /x/ /v/a /t/a%20b /plain/a /in/plain/a)],

['access: wildcards stop at a slash', <<'END',
ProxyPass /a/ BACK/a/
<Location "/a/*/private">
    Require all denied
</Location>
<Location "/a/?.txt">
    Require all denied
</Location>
END
    qw(/a/x/private /a/x/y/private /a/b.txt /a//.txt)],

['access: a section elsewhere does not close an expression', <<'END',
ProxyPassMatch "^/r/(.*)$" BACK/r/$1
<Location /server-status>
    Require local
</Location>
<Location /r/status>
    Require all denied
</Location>
END
    qw(/r/x /r/status /r/status/x /r/statuses)],

['Proxy sections with wildcards', <<'END',
ProxyPass /a/ BACK/x/
ProxyPass /b/ BACK/y/
<Proxy "BACK/x/*">
    Require all denied
</Proxy>
<Proxy "BACK/y/pri*">
    Require all denied
</Proxy>
END
    qw(/a/x /a/x/y /b/x /b/private /b/pri/x)],

['a path with its slash and without', <<'END',
ProxyPass /ord/ BACK/first/
ProxyPass /ord BACK/second
ProxyPass /one BACK/three
ProxyPass /one/ BACK/never/
ProxyPass /p/q/ BACK/q/
ProxyPass /p/n/ !
ProxyPass /p/ BACK/p/
END
    qw(/ord /ord/ /ord/x /one /one/x /p/q /p/q/x /p/n /p/n/x /p/x)],

['access: a path with its slash and without', <<'END',
ProxyPass /a BACK/a
ProxyPass /b/ BACK/b/
ProxyPass /c/ BACK/c/
ProxyPass / BACK/
<Location /a/>
    Require all denied
</Location>
<Location /b>
    Require all denied
</Location>
<Location /c/>
    Require all denied
</Location>
<Location /d>
    Require ip 127.0.0.1
</Location>
<LocationMatch "^/[de]$">
    Require all denied
</LocationMatch>
END
    qw(/a /a/x /b /b/x /c /c/x /d /d/x /e /e/x)],

['a dot matches the end of a line', <<'END',
ProxyPassMatch \.mp4$ BACK/pre
ProxyPassMatch ^/n/(.*)$ BACK/n/$1
ProxyPass /a/ BACK/a/
<LocationMatch "^/a/.*\.key">
    Require all denied
</LocationMatch>
END
    qw(/x%0Ay.mp4 /n/a%0Ab /a/a%0Ab.key /a/a%0Ab)],

['access: redirects to an error in sections', <<'END',
ProxyPass / BACK/
<Location /private>
    Redirect 403
</Location>
<LocationMatch "^/gone/.*\.txt$">
    Redirect gone
</LocationMatch>
<Location /moved>
    Redirect 302 /elsewhere http://www.example.com/
</Location>
END
    qw(/x -/private/x -/gone/x.txt /gone/x.mp4 /moved/x)],

['access: rules of the main server in a virtual host', <<'END',
RewriteEngine on
RewriteRule ^/private - [F]
<VirtualHost *>
    RewriteEngine on
    RewriteOptions Inherit
    RewriteRule ^/own - [F]
    ProxyPass / BACK/
</VirtualHost>
END
    qw(/x /private/x /own/x)],

['access: rules that the main server hands down', <<'END',
RewriteOptions InheritDownBefore
RewriteRule ^/private - [F]
<VirtualHost *>
    RewriteEngine on
    ProxyPass / BACK/
</VirtualHost>
END
    qw(/x /private/x)],

['access: rules that are not inherited, although they are on', <<'END',
RewriteEngine on
RewriteRule ^/private - [F]
<VirtualHost *>
    RewriteRule ^/own - [F]
    ProxyPass / BACK/
</VirtualHost>
END
    qw(/x /private/x /own/x)],

['access: a later section overrides an expression', <<'END',
ProxyPass / BACK/
<LocationMatch "^/ww/private">
    Require all denied
</LocationMatch>
<Location /ww/private/ok>
    Require all granted
</Location>
<Location /ww/early/>
    Require all granted
</Location>
<LocationMatch "^/ww/early/no">
    Require all denied
</LocationMatch>
<LocationMatch "^/ww/both">
    Require all denied
    Order deny,allow
    Deny from all
</LocationMatch>
<Location /ww/both/>
    Require all granted
</Location>
END
    qw(/ww/private/x /ww/private/ok /ww/private/ok/x /ww/early/x /ww/early/no
       /ww/both/x)],

['headers', <<'END',
ProxyPass /a/ BACK/a/
<Location /a/>
    RequestHeader set X-Test "one; {two} \"three\" #'four'\\"
</Location>
END
    '/a/x'],
    );
}
