package NginxTest::Case;

# Runs one block: starts nginx with its configuration, sends its requests,
# has everything checked, and keeps the files of a failure.

use strict;
use warnings;

use File::Basename qw(basename);
use File::Copy ();
use File::Path qw(make_path remove_tree);
use Test::More import => [qw(ok fail diag)];
use Time::HiRes qw(sleep);

use NginxTest::Check qw(check_response check_logs check_access_log check_die
                        check_upstream check_s3 check_alerts);
use NginxTest::Client ();
use NginxTest::Env qw(expand failures_dir serv_root test_file work_dir);
use NginxTest::Nginx ();

# A misspelt section would pass unnoticed, so that only these are allowed.
my %Known = map { $_ => 1 } qw(
    main_config http_config config log_level user_files
    request raw_request raw_request_middle_delay pipelined_requests
    more_headers timeout wait init http2
    ignore_response error_code error_code_like response_headers
    raw_response_headers_like raw_response_headers_unlike
    response_body response_body_like response_body_filters
    error_log no_error_log grep_error_log grep_error_log_out
    access_log no_access_log must_die skip_nginx skip_eval
    upstream_request upstream_request_like upstream_request_unlike
    upstream_count upstream_connections upstream_response
    s3_log_like s3_log_unlike dns
    cases ONLY
);

# These hold Perl code or numbers of versions: nothing to expand.
my %Verbatim = map { $_ => 1 } qw(init skip_eval skip_nginx);

# The block, or one block for each row of its table of cases.
sub cases {
    my ($block) = @_;

    return $block unless exists $block->{cases};
    my ($columns, @rows) = map { [cells($_)] }
        grep { /\S/ } split /\n/, $block->cases;
    die $block->name . " - no cases\n" unless @rows;
    my @blocks;
    for my $row (@rows) {
        die $block->name . " - a case of another length: @$row\n"
            if @$row != @$columns;
        my %cell;
        @cell{@$columns} = @$row;
        push @blocks, with_cells($block, \%cell);
        $blocks[-1]{row} = @blocks;
    }
    return @blocks;
}

# Separated by "|" between spaces.
sub cells {
    my ($line) = @_;

    return map { s/^\s+|\s+$//gr } split /(?<=\s)\|(?=\s|$)/, $line, -1;
}

# A copy of the block in whose sections, still without their filters, %COLUMN%
# is replaced by the cell.
sub with_cells {
    my ($block, $cell) = @_;

    my $copy = bless {%$block}, ref $block;
    for my $key ('name', @{$block->{_section_order}[0]}) {
        next if $key eq 'cases';
        $copy->set_value($key, $block->$key =~ s/%(\w+)%/$cell->{$1} \/\/ $&/ger);
    }
    return $copy;
}

sub new {
    my ($class, $block, %shared) = @_;

    # shared: upstream, dns, s3, timeout, others, order
    my $name = $block->name;
    $name .= " (other modules $shared{order})" if $shared{order};
    return bless {block => $block, name => $name, %shared}, $class;
}

sub run {
    my ($self) = @_;

    my $before = failures();
    my $done   = eval {
        $self->read_sections;
        if (defined(my $skip = $self->skip)) { $self->report_skip(@$skip) }
        else                                 { $self->run_started }
        1;
    };
    my $error = $@;
    $self->end_servers;
    if (!$done) {
        $error =~ s/\s+\z//;
        fail("$self->{name} - $error");
    }
    $self->append_log;
    $self->keep_files if failures() > $before;
    return;
}

sub failures {
    return scalar grep { !$_ } Test::More->builder->summary;
}

sub read_sections {
    my ($self) = @_;

    my $block = $self->{block};
    $block->run_filters unless $block->is_filtered;
    for my $key (@{$block->{_section_order}[0]}) {
        die "unknown section '$key'\n" unless $Known{$key};
        my $value = $block->{$key}[0];
        # What a filter left undefined still is a section of the block.
        $value = '' unless defined $value;
        $self->{section}{$key} = $Verbatim{$key} ? $value : expand($value);
    }
    return;
}

# --- skipping ---------------------------------------------------------------

# A number of tests and a reason if the block is to be skipped.
sub skip {
    my ($self) = @_;

    my $section = $self->{section};
    if (defined(my $spec = $section->{skip_eval})) {
        my ($count, $code) = $spec =~ /^\s*(\d+)\s*:\s*(.*)/s
            or die "bad skip_eval section\n";
        my $skip = eval "package main; $code";    ## no critic (StringyEval)
        die "skip_eval: $@" if $@;
        return [$count, 'skip_eval'] if $skip;
    }
    if (defined(my $spec = $section->{skip_nginx})) {
        my ($count, $op, @number) = $spec =~ m{
            ^ \s* (\d+) \s* : \s* (<|>=) \s* (\d+) \. (\d+) \. (\d+)
              \s* (?: : \s* (.*?) \s* )? $ }x
            or die "bad skip_nginx section\n";
        my $reason = pop(@number) || "nginx version $op " . join '.', @number;
        my $older = NginxTest::Nginx::version()
            < sprintf '%d.%03d%03d', @number;
        return [$count, $reason] if $op eq '<' ? $older : !$older;
    }
    for my $module (@{$self->{others}}) {
        return [1, "nginx has no $module"]
            unless -e NginxTest::Nginx::other_module($module);
    }
    return;
}

sub report_skip {
    my ($self, $count, $reason) = @_;

    my $builder = Test::More->builder;
    $builder->skip("$self->{name} - $reason") for 1 .. $count;
    return;
}

# --- running ----------------------------------------------------------------

sub run_started {
    my ($self) = @_;

    my ($section, $name) = @{$self}{qw(section name)};
    die "no config section\n" unless defined $section->{config};
    $self->start_servers;

    my $nginx = $self->{nginx} = NginxTest::Nginx->new(
        map({ $_ => $section->{$_} }
            qw(main_config http_config config user_files)),
        log_level => first_word($section->{log_level}),
        http2     => defined $section->{http2},
        $self->{order} => $self->{others},
    );
    my $started = $nginx->start;
    if (defined $section->{must_die}) {
        check_die($section, $name, $started, $nginx->status);
        check_logs($section, $name, $nginx, must_die => 1);
    } elsif ($started) {
        $self->init;
        $self->exchange;
        check_upstream($section, $name, $self->{upstream});
        check_s3($section, $name, $self->{s3});
    } else {
        fail("$name - nginx starts");
        diag($nginx->stderr);
        # Its emergencies have been shown; they are no second failure.
        return;
    }
    $self->check_end;
    return;
}

sub first_word {
    my ($text) = @_;

    return defined $text && $text =~ /(\S+)/ ? $1 : undef;
}

sub start_servers {
    my ($self) = @_;

    my $section = $self->{section};
    my $answers = $section->{upstream_response};
    $self->{upstream}->start(
        ref $answers eq 'ARRAY' ? @$answers :
        defined $answers        ? $answers  : ());
    $self->{dns}->start($section->{dns} // '') if $self->{dns};
    $self->{s3}->begin_block if $self->{s3};
    for my $kind (qw(dns s3)) {
        die "a section of the $kind server, which is not running: the file "
            . 'does not mention TEST_NGINX_' . uc($kind) . "_PORT\n"
            if !$self->{$kind} && grep { /^\Q$kind\E(?:_|$)/ } keys %$section;
    }
    return;
}

sub init {
    my ($self) = @_;

    my $code = $self->{section}{init};
    return unless defined $code;
    eval "package main; $code";    ## no critic (StringyEval)
    die "init: $@" if $@;
    return;
}

sub exchange {
    my ($self) = @_;

    my ($section, $name) = @{$self}{qw(section name)};
    my $pipelined = defined $section->{pipelined_requests}
        ? @{$section->{pipelined_requests}} : 0;
    my @requests = NginxTest::Client::requests($section);
    my $several  = $pipelined > 0 || @requests > 1;
    my $index    = 0;
    for my $request (@requests) {
        my ($bytes, $complaint) = $self->send_request($request);
        $self->{received} .= $bytes;
        fail("$name - $complaint")
            if defined $complaint && !defined $section->{ignore_response};

        my $is_head = $request->[0]{value} =~ /\A\s*HEAD\s/;
        for my $part (1 .. $pipelined || 1) {
            if (!defined $section->{ignore_response}) {
                my $response =
                    NginxTest::Client::parse_response($bytes, $is_head);
                $bytes = $response->{rest};
                check_response($section, $name, $response, $index, $several);
            }
            $self->check_request_logs;
            $index++;
        }
        diag("$name - bytes after the end of the response: "
            . NginxTest::Check::shown($bytes))
            if !defined $section->{ignore_response} && length $bytes;
    }
    return;
}

sub send_request {
    my ($self, $request) = @_;

    my $section = $self->{section};
    my $timeout = seconds($section->{timeout}) // $self->{timeout};
    return NginxTest::Client::send_by_curl($request, $timeout, work_dir())
        if defined $section->{http2};
    return NginxTest::Client::send_request($request, $timeout,
        $section->{raw_request_middle_delay});
}

sub seconds {
    my ($text) = @_;

    return unless defined $text;
    my ($number) = $text =~ /^\s*([\d.]+)\s*$/ or die "bad time '$text'\n";
    return $number;
}

sub check_request_logs {
    my ($self) = @_;

    my ($section, $name, $nginx) = @{$self}{qw(section name nginx)};
    sleep seconds($section->{wait}) if defined $section->{wait};
    check_logs($section, $name, $nginx);
    check_access_log($section, $name, $nginx)
        unless defined $section->{ignore_response};
    return;
}

# Ends nginx first: it reports leaks and crashes at its end, too.
sub check_end {
    my ($self) = @_;

    my ($section, $name, $nginx) = @{$self}{qw(section name nginx)};
    my $complaint = $nginx->stop;
    fail("$name - $complaint") if defined $complaint;
    # With a log file configured, nginx writes alerts there and not to stderr.
    check_alerts($section, $name, $nginx->read_log('error') . $nginx->stderr);
    return;
}

sub end_servers {
    my ($self) = @_;

    # nginx first: its open connections to the others end with it.
    $self->{nginx}->stop if $self->{nginx};
    $self->{upstream}->stop;
    $self->{dns}->stop if $self->{dns};
    return;
}

# --- keeping files ----------------------------------------------------------

# The number of the block in its file and, if it has cases, of the case.
sub number {
    my ($self) = @_;

    return join '-', grep { defined } $self->{block}->seq_num, $self->{block}{row};
}

# The files of failures of an earlier run would be misleading.
sub forget_failures {
    remove_tree(glob quotemeta(failures_dir() . '/' . basename(test_file()))
        . '-*');
    return;
}

sub keep_files {
    my ($self) = @_;

    my $dir = failures_dir() . '/' . basename(test_file()) . '-'
        . $self->number;
    make_path($dir);
    my $root = serv_root();
    my @files = (glob(quotemeta($root) . '/logs/*.log'),
        "$root/conf/nginx.conf", work_dir() . '/upstream.record',
        $self->{s3} ? $self->{s3}->files : ());
    for my $file (grep { -s } @files) {
        File::Copy::copy($file, "$dir/" . basename($file));
    }
    diag("$self->{name} - logs and configuration are in $dir");
    return;
}

# For checks over the whole suite: the logs and the responses, and in another file
# what arrived at the recording upstream.
sub append_log {
    my ($self) = @_;

    my $dir = $ENV{TEST_NGINX_LOG_DIR};
    return unless defined $dir && length $dir && $self->{nginx};
    make_path($dir);
    my $nginx = $self->{nginx};
    my $seen  = $self->{upstream}->seen;
    $self->append("$dir/" . basename(test_file()) . '.log',
        map({ $nginx->read_log($_) } qw(error access stderr)),
        $self->{received} // '');
    $self->append("$dir/" . basename(test_file()) . '.upstream',
        @{$seen->{requests}}, @{$seen->{partial}});
    return;
}

sub append {
    my ($self, $path, @texts) = @_;

    open my $out, '>>:raw', $path or die "cannot write $path: $!\n";
    print $out "=== $self->{name}\n", @texts;
    close $out or die "cannot write $path: $!\n";
    return;
}

1;
