-- For wrk: asks for the targets of the file that SOAK_TARGETS names, one a line, by turns, and ends
-- with one line of figures.

local requests, at = {}, 0

function init(_)
    for target in io.lines(os.getenv("SOAK_TARGETS")) do
        requests[#requests + 1] = wrk.format("GET", target)
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary)
    local e = summary.errors
    print("figures", summary.requests, e.status, e.connect + e.read + e.write + e.timeout)
end
