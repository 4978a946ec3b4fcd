package NginxTest::Check;

# The comparison of what happened in a block with the block's expectations.
# The first argument of each function is a hash of the block's sections.

use strict;
use warnings;

use Exporter 'import';
use Test::More import => [qw(ok is like unlike pass fail diag)];

use NginxTest::Client ();
use NginxTest::Process qw(wait_until);

our @EXPORT_OK = qw(check_response check_logs check_access_log check_die
                    check_upstream check_s3 check_alerts);

# How long an expected log line or request may take to appear, in seconds.
our $Limit = 2;

# The value for one of several requests: several requests need an array.
sub indexed {
    my ($name, $value, $index, $several) = @_;

    return $value->[$index] if ref $value eq 'ARRAY';
    die "several requests need an array in the section $name\n" if $several;
    return $value;
}

# A section of lines, or an array or a single pattern from eval, as a list.
sub patterns {
    my ($value) = @_;

    return ()       if !defined $value;
    return @$value  if ref $value eq 'ARRAY';
    return ($value) if ref $value;
    return grep { length } split /\n+/, $value;
}

# A string matches as a part of the line.
sub matches {
    my ($line, $pattern) = @_;

    return ref $pattern ? $line =~ $pattern : index($line, $pattern) >= 0;
}

sub shown {
    my ($value) = @_;

    $value = "$value";
    chomp $value;
    $value =~ s/\n/\\n/g;
    $value =~ s/\r/\\r/g;
    $value =~ s/([^\x20-\x7e])/sprintf '\\x{%02x}', ord $1/ge;
    return length $value > 300 ? substr($value, 0, 300) . '...' : $value;
}

# Compares strings of any bytes and any length; shows where they part.
sub is_bytes {
    my ($got, $expected, $name) = @_;

    return fail("$name (an expectation is missing)") unless defined $expected;
    return pass($name) if $got eq $expected;

    fail($name);
    my $at = 0;
    my $end = length $got < length $expected ? length $got : length $expected;
    $at++ while $at < $end && substr($got, $at, 1) eq substr $expected, $at, 1;
    diag('    got ' . length($got) . ' bytes: ' . around($got, $at));
    diag('    expected ' . length($expected) . ' bytes: '
        . around($expected, $at));
    diag("    they differ at byte $at");
    return 0;
}

sub around {
    my ($bytes, $at) = @_;

    my $from = $at > 1000 ? $at - 100 : 0;
    my $part = substr $bytes, $from, $at - $from + 300;
    $part =~ s/([^\x20-\x7e\n])/sprintf '\\x{%02x}', ord $1/ge;
    $part =~ s/\n(?=.)/\\n\n        /gs;
    $part =~ s/\n\z/\\n/;
    return ($from ? '...' : '') . "\n        \"$part\"";
}

# --- the response -----------------------------------------------------------

sub check_response {
    my ($section, $name, $response, $index, $several) = @_;

    my $at = sub {
        my ($key) = @_;
        return indexed($key, $section->{$key}, $index, $several);
    };
    fail("$name - $response->{complaint}") if defined $response->{complaint};
    check_status($section, $name, $response, $at);
    check_raw_headers($section, $name, $response, $at);
    check_headers($section, $name, $response, $at);
    check_body($section, $name, $response, $at);
    return;
}

sub check_status {
    my ($section, $name, $response, $at) = @_;

    if (defined $section->{error_code_like}) {
        my $pattern = $at->('error_code_like');
        like($response->{status}, qr/$pattern/sm, "$name - status code ok");
        return;
    }
    my $expected = defined $section->{error_code} ? $at->('error_code') : 200;
    is($response->{status}, $expected, "$name - status code ok");
    return;
}

sub check_raw_headers {
    my ($section, $name, $response, $at) = @_;

    if (defined $section->{raw_response_headers_like}) {
        my $pattern = $at->('raw_response_headers_like');
        like($response->{head}, qr/$pattern/s, "$name - raw headers like");
    }
    if (defined $section->{raw_response_headers_unlike}) {
        my $pattern = $at->('raw_response_headers_unlike');
        unlike($response->{head}, qr/$pattern/s, "$name - raw headers unlike");
    }
    return;
}

sub check_headers {
    my ($section, $name, $response, $at) = @_;

    if (defined $section->{response_headers}) {
        for my $line (header_lines($at->('response_headers'))) {
            my ($header, $value) = @$line;
            my $got = NginxTest::Client::header($response, $header);
            if (!defined $value) {
                ok(!defined $got, "$name - header $header is absent")
                    or diag("    it is '$got'");
                next;
            }
            is($got // '', $value, "$name - header $header ok");
        }
    }
    return;
}

# "Name: value" lines, with an undefined value for "! Name".
sub header_lines {
    my ($text) = @_;

    my @lines;
    for my $line (split /\n/, $text // '') {
        $line =~ s/^\s+|\s+$//g;
        next unless length $line;
        if ($line =~ s/^!\s*//) {
            push @lines, [$line, undef];
        } else {
            my ($header, $value) = split /\s*:\s*/, $line, 2;
            push @lines, [$header, $value // ''];
        }
    }
    return @lines;
}

sub check_body {
    my ($section, $name, $response, $at) = @_;

    my $body   = $response->{body};
    my $filter = $section->{response_body_filters};
    $body = $filter->($body) if defined $filter;
    if (defined $section->{response_body}) {
        my $expected = $at->('response_body');
        my $what = "$name - response_body";
        my $ok   = ref $expected
            ? like($body, $expected, $what) : is_bytes($body, $expected, $what);
        diag('    the body is shorter than its Content-Length')
            if !$ok && $response->{truncated};
    } elsif (defined $section->{response_body_like}) {
        my $pattern = $at->('response_body_like');
        like($body, qr/$pattern/s, "$name - response_body_like");
    }
    return;
}

# --- logs -------------------------------------------------------------------

# The error log after one request: $log has the functions of NginxTest::Nginx.
sub check_logs {
    my ($section, $name, $nginx, %option) = @_;

    my @wanted = patterns($section->{error_log});
    my $stderr = $option{must_die} ? $nginx->stderr : '';
    $nginx->settle;
    my $text = '';
    wait_until($Limit, sub {
        $text = $nginx->error_log;
        my @lines = split /^/m, $text . $stderr;
        for my $pattern (@wanted) {
            return 0 unless grep { matches($_, $pattern) } @lines;
        }
        return 1;
    });
    $nginx->advance($text);

    check_grep($section, $name, split /^/m, $text);
    check_lines('error.log', $name, \@wanted,
        [patterns($section->{no_error_log})], split /^/m, $text . $stderr);
    return;
}

sub check_grep {
    my ($section, $name, @lines) = @_;

    my ($pattern, $expected) =
        @{$section}{qw(grep_error_log grep_error_log_out)};
    return if !defined $pattern && !defined $expected;
    die "grep_error_log and grep_error_log_out need each other\n"
        unless defined $pattern && defined $expected;

    $pattern = qr/\Q$pattern\E/ unless ref $pattern;
    my $found = '';
    for my $line (@lines) {
        next unless $line =~ /($pattern)/;
        my $match = substr $line, $-[0], $+[0] - $-[0];
        $found .= "$match\n" unless $match =~ /\n/;
    }
    if (ref $expected) {
        like($found, $expected, "$name - grep_error_log_out");
    } else {
        is_bytes($found, $expected, "$name - grep_error_log_out");
    }
    return;
}

sub check_lines {
    my ($file, $name, $wanted, $unwanted, @lines) = @_;

    for my $pattern (@$wanted) {
        my $text = shown($pattern);
        ok(scalar(grep { matches($_, $pattern) } @lines),
            "$name - pattern \"$text\" matches a line in $file");
    }
    for my $pattern (@$unwanted) {
        my $text = shown($pattern);
        my @found = grep { matches($_, $pattern) } @lines;
        ok(!@found, "$name - pattern \"$text\" matches no line in $file")
            or diag('    it matches: ' . shown($found[0]));
    }
    return;
}

sub check_access_log {
    my ($section, $name, $nginx) = @_;

    my @wanted   = patterns($section->{access_log});
    my @unwanted = patterns($section->{no_access_log});
    return unless @wanted || @unwanted;
    my @lines;
    wait_until($Limit, sub {
        @lines = split /^/m, $nginx->read_log('access');
        for my $pattern (@wanted) {
            return 0 unless grep { matches($_, $pattern) } @lines;
        }
        return 1;
    });
    check_lines('access.log', $name, \@wanted, \@unwanted, @lines);
    return;
}

# nginx must have ended by itself, with an exit code other than 0.
sub check_die {
    my ($section, $name, $started, $status) = @_;

    if ($started) {
        fail("$name - die as expected");
        diag('    nginx accepted the configuration and started');
    } elsif ($status & 127) {
        fail("$name - nginx ended by signal " . ($status & 127));
    } else {
        isnt_zero($status >> 8, "$name - die as expected");
    }
    return;
}

sub isnt_zero {
    my ($code, $name) = @_;

    ok($code != 0, $name) or diag('    nginx ended with exit code 0');
    return;
}

# Lines that fail a block unless it expects them: alerts, crashes, panics. Only
# failures are reported, so that these add nothing to a test plan.
sub check_alerts {
    my ($section, $name, $text) = @_;

    my @expected = map { "$_" }
        map { patterns($section->{$_}) } qw(error_log no_error_log);
    my $is_expected = sub {
        my ($word) = @_;
        return scalar grep { index($_, $word) >= 0 } @expected;
    };

    my %fatal = map { $_ => !$is_expected->("[$_") } qw(alert crit emerg);
    $fatal{emerg} = 0 if defined $section->{must_die};
    my %phrase = map { $_ => 1 } grep { !$is_expected->($_) }
        ('exited on signal', 'panicked at', 'Assertion ');
    for my $line (split /\n/, $text) {
        my ($level) = $line =~ /^(?:\S+ \S+|nginx:) \[(\w+)\]/;
        my ($phrase) = grep { index($line, $_) >= 0 } keys %phrase;
        $phrase = undef
            if $phrase && $phrase eq 'Assertion ' && $line !~ /failed\b/;
        # What clients and upstreams sent is also in the debug log.
        next if defined $level && $level eq 'debug';
        next unless $phrase || $level && $fatal{$level};
        fail("$name - unexpected line in error.log: " . shown($line));
    }
    return;
}

# --- the recording upstream -------------------------------------------------

sub check_upstream {
    my ($section, $name, $upstream) = @_;

    return unless grep { /^upstream_(?!response)/ } keys %$section;
    my $seen = wait_for_upstream($section, $upstream);
    my @requests = map { request_form($_) } @{$seen->{requests}};

    if (defined $section->{upstream_count}) {
        is(scalar @requests, trimmed($section->{upstream_count}),
            "$name - upstream_count") or show_requests($seen);
    }
    if (defined $section->{upstream_connections}) {
        is($seen->{connections}, trimmed($section->{upstream_connections}),
            "$name - upstream_connections");
    }
    if (defined $section->{upstream_request}) {
        check_requests($section->{upstream_request}, "$name - upstream_request",
            \&is_request, $seen, @requests);
    }
    if (defined $section->{upstream_request_like}) {
        check_requests($section->{upstream_request_like},
            "$name - upstream_request_like", \&like_request, $seen, @requests);
    }
    if (defined $section->{upstream_request_unlike}) {
        my $unwanted = $section->{upstream_request_unlike};
        for my $pattern (ref $unwanted eq 'ARRAY' ? @$unwanted : $unwanted) {
            my $regexp = regexp($pattern);
            my @found  = grep { $_ =~ $regexp } @requests;
            ok(!@found, "$name - upstream_request_unlike")
                or diag("    $regexp matches:\n$found[0]");
        }
    }
    return;
}

# Requests in the background may arrive after the response to the client.
sub wait_for_upstream {
    my ($section, $upstream) = @_;

    my $count = 0;
    for my $key (qw(upstream_request upstream_request_like)) {
        my $value = $section->{$key};
        my $n = ref $value eq 'ARRAY' ? @$value : defined $value ? 1 : 0;
        $count = $n if $n > $count;
    }
    my $expected = $section->{upstream_count};
    $count = trimmed($expected)
        if defined $expected && trimmed($expected) > $count;
    my $seen;
    wait_until($Limit, sub {
        $seen = $upstream->seen;
        return @{$seen->{requests}} >= $count;
    });
    return $seen;
}

sub trimmed {
    my ($value) = @_;

    $value =~ s/^\s+|\s+$//g;
    die "'$value' is not a number\n" unless $value =~ /^\d+$/;
    return $value;
}

# The head with LF for CRLF, an empty line and the body if there is one.
# Line ends at the very end are removed, as a section has one at most; the
# Content-Length has their number.
sub request_form {
    my ($bytes) = @_;

    my ($head, $body) = $bytes =~ /\A(.*?)\r?\n\r?\n(.*)\z/s
        ? ($1, $2) : ($bytes, '');
    $head =~ s/\r\n/\n/g;
    my $form = "$head\n\n$body";
    $form =~ s/\n+\z//;
    return $form;
}

sub check_requests {
    my ($expected, $name, $compare, $seen, @requests) = @_;

    my @expected = ref $expected eq 'ARRAY' ? @$expected : ($expected);
    if (@requests != @expected) {
        is(scalar @requests, scalar @expected, "$name - number of requests");
        show_requests($seen);
        return;
    }
    for my $index (0 .. $#expected) {
        next unless defined $expected[$index];
        my $which = @expected > 1 ? " $index" : '';
        $compare->($requests[$index], $expected[$index], "$name$which");
    }
    return;
}

sub is_request {
    my ($got, $expected, $name) = @_;

    # Test::Base's is() shows a diff of texts.
    return Test::Base::is($got, request_form($expected), $name)
        if $got !~ /[^\x20-\x7e\n]/ && length $got < 5000;
    return is_bytes($got, request_form($expected), $name);
}

sub like_request {
    my ($got, $pattern, $name) = @_;

    return like($got, regexp($pattern), $name);
}

sub regexp {
    my ($pattern) = @_;

    return $pattern if ref $pattern;
    $pattern =~ s/\n+\z//;
    return qr/$pattern/ms;
}

sub show_requests {
    my ($seen) = @_;

    diag("    arrived:\n" . around(request_form($_), 0))
        for @{$seen->{requests}};
    diag("    arrived in part:\n" . around(request_form($_), 0))
        for @{$seen->{partial}};
    return;
}

# --- the S3 server ----------------------------------------------------------

sub check_s3 {
    my ($section, $name, $s3) = @_;

    return unless $s3;
    my @wanted   = map { line_regexp($_) } patterns($section->{s3_log_like});
    my @unwanted = map { line_regexp($_) } patterns($section->{s3_log_unlike});
    my @lines;
    wait_until($Limit, sub {
        @lines = $s3->lines;
        for my $pattern (@wanted) {
            return 0 unless grep { $_ =~ $pattern } @lines;
        }
        return 1;
    });

    my $failed = 0;
    for my $pattern (@wanted) {
        ok(scalar(grep { $_ =~ $pattern } @lines),
            "$name - s3_log_like $pattern") or $failed++;
    }
    for my $pattern (@unwanted) {
        ok(!(grep { $_ =~ $pattern } @lines),
            "$name - s3_log_unlike $pattern") or $failed++;
    }
    diag(join "\n", '    the S3 server logged:', @lines) if $failed;
    fail("$name - the S3 server has ended") unless $s3->alive;
    return;
}

sub line_regexp {
    my ($pattern) = @_;

    return ref $pattern ? $pattern : qr/$pattern/;
}

1;
