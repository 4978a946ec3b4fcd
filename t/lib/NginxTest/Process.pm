package NginxTest::Process;

# Child processes of a test file: starts them, waits for them and sees to it
# that every one of them has ended when the test file ends, however it ends.
# Only these processes are signalled.

use strict;
use warnings;

use Exporter 'import';
use POSIX qw(:sys_wait_h _exit);
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(spawn fork_worker stop_process is_alive exit_status
                    wait_until at_end);

my $Owner = $$;
my %Running;    # pid => name
my %Status;     # pid => wait status of an ended process
my @AtEnd;

for my $signal (qw(INT TERM HUP)) {
    # An exit runs the END block below, which a plain signal death would not.
    ## no critic (RequireLocalizedPunctuationVars)
    $SIG{$signal} = sub { exit 1 };
}
$SIG{PIPE} = 'IGNORE';

# Runs a program with its output in the given files; returns its process id.
# The program gets a process group of its own, so that its own children can be
# ended with it.
sub spawn {
    my ($name, $command, %output) = @_;

    my $pid = fork();
    die "cannot fork for $name: $!\n" unless defined $pid;
    if ($pid == 0) {
        setpgrp(0, 0);
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        open(STDIN, '<', '/dev/null');
        open(STDOUT, '>', $output{stdout} || '/dev/null') or _exit(126);
        open(STDERR, '>', $output{stderr} || '/dev/null') or _exit(126);
        no warnings 'exec';
        exec {$command->[0]} @$command;
        print STDERR "cannot run $command->[0]: $!\n";
        _exit(127);
    }

    # Done on both sides: whichever is first, the group exists from now on.
    setpgrp($pid, $pid);
    $Running{$pid} = $name;
    return $pid;
}

# Runs a sub in a child process which never returns into the test file.
sub fork_worker {
    my ($name, $code) = @_;

    my $pid = fork();
    die "cannot fork for $name: $!\n" unless defined $pid;
    if ($pid == 0) {
        setpgrp(0, 0);
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP __DIE__);
        # The child's own failures must be seen, but it must not print TAP.
        eval { $code->(); 1 } or print STDERR "# $name: $@";
        _exit(0);
    }

    setpgrp($pid, $pid);
    $Running{$pid} = $name;
    return $pid;
}

# Polls a condition with growing pauses; returns its last value.
sub wait_until {
    my ($limit, $condition) = @_;

    my $deadline = time() + $limit;
    my $pause    = 0.001;
    while (1) {
        my $value = $condition->();
        return $value if $value || time() >= $deadline;
        sleep $pause;
        $pause = $pause * 1.5 if $pause < 0.02;
    }
}

# True while the process runs.
sub is_alive {
    my ($pid) = @_;

    return 0 unless $Running{$pid};
    local $?;
    return 1 if waitpid($pid, WNOHANG) == 0;
    $Status{$pid} = $?;
    delete $Running{$pid};
    return 0;
}

# The wait status of a process which has ended.
sub exit_status {
    my ($pid) = @_;

    return $Status{$pid};
}

# Sends the signals one after the other, each with its time limit, until the
# process has ended. Returns the signal which ended it, or '' if none was needed.
sub stop_process {
    my ($pid, @steps) = @_;

    return '' unless is_alive($pid);
    push @steps, [KILL => 5];
    for my $step (@steps) {
        my ($signal, $limit) = @$step;
        # SIGKILL is sent to the whole group, so that no children are left.
        kill $signal, $signal eq 'KILL' ? -$pid : $pid;
        return $signal if wait_until($limit, sub { !is_alive($pid) });
    }
    return 'none';
}

# Registers a sub to be run after all processes have ended.
sub at_end {
    my ($code) = @_;

    push @AtEnd, $code;
    return;
}

sub stop_all {
    for my $pid (sort { $b <=> $a } keys %Running) {
        my $quit = $Running{$pid} eq 'nginx' ? 'QUIT' : 'TERM';
        stop_process($pid, [$quit => 1], [TERM => 1]);
    }
    return;
}

END {
    # waitpid sets $?, which is the exit status of the test file here.
    local $?;
    if ($$ == $Owner) {
        stop_all();
        $_->() for @AtEnd;
    }
}

1;
