-- For wrk: asks for the lines of the file that SOAK_TARGETS names, each a method and a target, by
-- turns, and ends with one line of figures.

local requests, at = {}, 0
-- More than nginx keeps in memory.
local body = string.rep("x", 20000)

function init(_)
    for line in io.lines(os.getenv("SOAK_TARGETS")) do
        local method, target = line:match("^(%S+) (%S+)$")
        requests[#requests + 1] = wrk.format(method, target, nil, method == "PUT" and body or nil)
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
