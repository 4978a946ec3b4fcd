package NginxTest::Nginx;

# The nginx process of one block: its configuration, start, end and logs.

use strict;
use warnings;

use Cwd ();
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use Time::HiRes qw(sleep);

use NginxTest::Env qw(serv_root server_port new_server_port);
use NginxTest::Process qw(spawn stop_process is_alive exit_status wait_until);

use constant START_LIMIT => 10;

# The last version of nginx all changes of which are in freenginx.
use constant FREENGINX_BASE => 1.025004;

our %Setting = (
    worker_connections => 64,
    root_location      => 1,
);

# nginx reopens none of these between blocks: each block has a new directory.
my %LogFile = (error => 'error.log', access => 'access.log',
               stderr => 'stderr.log');

sub new {
    my ($class, %part) = @_;

    # part: main_config, http_config, config, log_level, http2, user_files;
    # before or after: names of modules of others
    return bless {part => \%part, offset => 0}, $class;
}

sub binary {
    return $ENV{TEST_NGINX_BINARY}
        // die "set TEST_NGINX_BINARY to the nginx program\n";
}

# The program and its version as nginx -v prints them and error pages show them:
# nginx/1.22.1, freenginx/1.27.2, openresty/1.31.3.1.
my $Name;

sub name {
    return $Name if defined $Name;
    open my $out, '-|', 'exec "$0" -v 2>&1' =~ s/\$0/binary()/er
        or die "cannot run nginx: $!\n";
    my $text = do { local $/; <$out> };
    local $?;
    close $out;
    ($Name) = ($text // '') =~ m{^nginx version: (\w+/\d+\.\d+\.\d+\S*)}m
        or die "cannot read the version of nginx\n";
    return $Name;
}

# The version as a number, 1.22.1 as 1.022001. OpenResty adds a number of its own
# to nginx's. freenginx has its own numbers after 1.25.4 and none of nginx's later
# changes: its later versions compare as 1.25.4.

sub version {
    my ($program, @number) = split m{[/.]}, name();
    my $version = sprintf '%d.%03d%03d', @number[0 .. 2];
    return $program eq 'freenginx' && $version > FREENGINX_BASE
        ? FREENGINX_BASE : $version;
}

# From 1.29.7 on nginx sends HTTP/1.1 without a Connection header, and keeps the
# connections of upstream blocks, where the configuration does not set this;
# before, it sends HTTP/1.0 with "Connection: close".
sub keepalive_by_default { return version() >= 1.029007 }

# A module of others, which is made for this nginx, and what its Lua loads.
sub other_module {
    my ($name) = @_;

    return directory() . "/modules/$name.so";
}

sub lua_dir   { return directory() . '/lua' }
sub directory { return dirname(Cwd::abs_path(binary())) }

# A new server root with html, conf and logs directories.
sub prepare {
    my ($self) = @_;

    my $root = serv_root();
    remove_tree($root);
    make_path(map { "$root/$_" } qw(conf html logs tmp));
    write_file("$root/html/index.html",
        '<html><head><title>It works!</title></head>'
        . '<body>It works!</body></html>');
    $self->write_user_files($self->{part}{user_files});
    return;
}

sub write_user_files {
    my ($self, $files) = @_;

    return unless defined $files && length $files;
    $files = parse_user_files($files) unless ref $files;
    for my $file (@$files) {
        my ($name, $body) = @$file;
        my $path = serv_root() . "/html/$name";
        make_path(dirname($path));
        write_file($path, $body);
    }
    return;
}

sub parse_user_files {
    my ($text) = @_;

    my @files;
    for my $line (split /^/m, $text) {
        if ($line =~ /^>>> (\S+)/) {
            push @files, [$1, ''];
        } elsif (@files) {
            $files[-1][1] .= $line;
        }
    }
    return \@files;
}

sub write_file {
    my ($path, $bytes) = @_;

    open my $out, '>:raw', $path or die "cannot write $path: $!\n";
    print $out $bytes;
    close $out or die "cannot write $path: $!\n";
    return;
}

sub read_file {
    my ($path) = @_;

    open my $in, '<:raw', $path or die "cannot read $path: $!\n";
    local $/;
    return scalar(<$in>) // '';
}

sub write_config {
    my ($self) = @_;

    my $part = $self->{part};
    my ($main, $http, $config) =
        map { $part->{$_} // '' } qw(main_config http_config config);
    my $root     = serv_root();
    my $level    = $part->{log_level} || 'debug';
    my $listen   = '127.0.0.1:' . server_port();
    $listen     .= ' http2' if $part->{http2};
    # nginx would look for a relative path below its prefix.
    # One path may have spaces in it; several are separated by them.
    my $paths    = $ENV{TEST_NGINX_LOAD_MODULES}
        // die "set TEST_NGINX_LOAD_MODULES to the module, or run make test T=FILE\n";
    my $modules  = join '', map { 'load_module "' . Cwd::abs_path($_) . "\";\n" }
                   map({ other_module($_) } @{$part->{before} // []}),
                   (-e $paths ? $paths : split ' ', $paths),
                   map({ other_module($_) } @{$part->{after} // []});
    # Workers must be able to enter our temporary directory.
    my $user     = $> == 0 ? "user root;\n" : '';
    my $temp     = temp_paths("$http$config");
    my $location = $Setting{root_location} ? <<"END" : '';
        location / {
            root $root/html;
            index index.html index.htm;
        }
END

    write_file("$root/conf/nginx.conf", <<"END");
${modules}${user}daemon off;
master_process on;
worker_processes 1;
pid logs/nginx.pid;
lock_file logs/nginx.lock;
error_log logs/error.log $level;
$main
http {
    access_log logs/access.log;
    default_type text/plain;
    keepalive_timeout 68;
$temp
$http
    server {
        listen $listen;
        server_name localhost;
        client_max_body_size 30M;

        # The config section of the block:
$config
        # End of the config section.

$location    }
}
events {
    accept_mutex off;
    worker_connections $Setting{worker_connections};
}
END
    return;
}

# The compiled-in directories may belong to the system's nginx. A path that
# the block sets itself must not be given twice.
sub temp_paths {
    my ($text) = @_;

    my $paths = '';
    for my $kind (qw(client_body proxy fastcgi uwsgi scgi)) {
        $paths .= "    ${kind}_temp_path tmp/$kind;\n"
            unless $text =~ /^\s*${kind}_temp_path\b/m;
    }
    return $paths;
}

# Starts nginx; true once it listens, false if it has ended instead.
sub start {
    my ($self) = @_;

    $self->prepare;
    for my $try (1 .. 3) {
        $self->write_config;
        return 1 if $self->launch;
        last if $self->stderr !~ /Address already in use/;
        # A server of another program that did not mind our reservation.
        new_server_port();
        unlink map { $self->log_path($_) } keys %LogFile;
    }
    return 0;
}

sub launch {
    my ($self) = @_;

    my $root = serv_root();
    $self->{pid} = spawn('nginx',
        [binary(), '-p', "$root/", '-c', 'conf/nginx.conf',
         '-e', 'logs/error.log'],
        stderr => "$root/logs/stderr.log");

    # nginx writes its pid file after it has begun to listen. A connection would
    # be in its logs.
    my $state = wait_until(START_LIMIT, sub {
        return -s "$root/logs/nginx.pid" ? 'ready'
             : is_alive($self->{pid})    ? '' : 'ended';
    });
    if (!$state) {
        $self->stop;
        die 'nginx did not get ready within ' . START_LIMIT . " seconds\n";
    }
    return 1 if $state eq 'ready';
    $self->{status} = exit_status(delete $self->{pid});
    return 0;
}

# The wait status of an nginx that ended by itself.
sub status { my ($self) = @_; return $self->{status} }

# Ends nginx gracefully, so that it reports what it finds left open; returns a
# complaint if another signal was needed.
sub stop {
    my ($self) = @_;

    my $pid  = delete $self->{pid} or return;
    my $died = !is_alive($pid);
    my $used = stop_process($pid, [QUIT => 3], [TERM => 2]);
    return 'nginx has ended by itself' if $died;
    return "nginx did not end on SIGQUIT but on SIG$used"
        if $used && $used ne 'QUIT';
    return;
}

sub log_path {
    my ($self, $kind) = @_;

    return serv_root() . "/logs/$LogFile{$kind}";
}

sub read_log {
    my ($self, $kind, $offset) = @_;

    open my $in, '<:raw', $self->log_path($kind) or return '';
    seek $in, $offset || 0, 0;
    local $/;
    return scalar(<$in>) // '';
}

sub stderr { my ($self) = @_; return $self->read_log('stderr') }

# The worker processes of the running nginx, for tests that disturb them. The
# master may only just have written its pid file.
sub worker_pids {
    my @workers;
    wait_until(START_LIMIT, sub { return scalar(@workers = find_workers()) });
    return @workers;
}

sub find_workers {
    open my $in, '<', serv_root() . '/logs/nginx.pid' or return;
    chomp(my $master = <$in>);

    my @workers;
    for my $path (glob '/proc/[0-9]*/stat') {
        open my $stat, '<', $path or next;
        push @workers, $1
            if (<$stat> // '') =~ /^(\d+) \(.*\) \S \Q$master\E /;
    }
    return @workers;
}

# The part of the error log not yet passed by advance().
sub error_log {
    my ($self) = @_;

    return $self->read_log('error', $self->{offset});
}

sub advance {
    my ($self, $text) = @_;

    $self->{offset} += length $text;
    return;
}

# Changes the configuration by a sub on $_, if there is one, and has the running
# nginx read it. Returns when the workers are new ones, or when nginx has found
# the configuration wrong.
sub reload {
    my ($change) = @_;

    my $conf = serv_root() . '/conf/nginx.conf';
    local $_ = read_file($conf);
    $change->() if $change;
    write_file("$conf.new", $_);
    rename "$conf.new", $conf or die "$conf: $!\n";

    my %old = map { $_ => 1 } worker_pids();
    my $log = serv_root() . '/logs/error.log';
    kill 'HUP', read_file(serv_root() . '/logs/nginx.pid');
    wait_until(START_LIMIT, sub {
        my @workers = worker_pids();
        return @workers && !grep({ $old{$_} } @workers)
            || read_file($log) =~ /\[emerg\]/;
    }) or die "nginx has not read its configuration\n";
    return;
}

# nginx still logs for a moment after the client has seen the end of its
# connection: waits until the log has stopped growing.
sub settle {
    my ($self) = @_;

    my ($last, $same) = (-1, 0);
    for (1 .. 100) {
        my $size = -s $self->log_path('error') || 0;
        $same = $size == $last ? $same + 1 : 0;
        last if $same >= 2;
        $last = $size;
        sleep 0.005;
    }
    return;
}

1;
