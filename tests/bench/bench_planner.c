/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Times planners in this process, a row for each planner on each problem; `--help` lists what can
 * be asked. scripts/bench planner makes its tables from it.
 */
#include "tests/bench/cases.h"
#include "tests/bench/measure.h"

#include "core/plan/score.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
    struct bench_options options;
    const char *planners; /* names with commas, or "all" */
    const char *workloads, *labs, *devices;
    enum syn_objective objective;
    bool json;
    struct bench_cases cases;
};

static const struct option options[] = {{"planner", 1, NULL, 'p'},
                                        {"workload", 1, NULL, 'w'},
                                        {"lab", 1, NULL, 'l'},
                                        {"devices", 1, NULL, 'd'},
                                        {"random", 1, NULL, 'r'},
                                        {"small", 1, NULL, 's'},
                                        {"chains", 1, NULL, 'c'},
                                        {"time-limit", 1, NULL, 't'},
                                        {"repeat", 1, NULL, 'n'},
                                        {"threads", 1, NULL, 'T'},
                                        {"objective", 1, NULL, 'o'},
                                        {"parallel", 0, NULL, 'P'},
                                        {"sequential", 0, NULL, 'S'},
                                        {"simulate", 0, NULL, 'm'},
                                        {"json", 0, NULL, 'j'},
                                        {"help", 0, NULL, 'h'},
                                        {NULL, 0, NULL, 0}};

static const char usage[] =
    "usage: bench_planner [option]...\n"
    "  --planner NAMES     with commas, or all (all); glpk, where it was there to build with\n"
    "  --workload W1,W2    or all (all); --lab max78000,max78002,mixed; --devices 4,8 (4)\n"
    "  --random SEED,COUNT,DEVICES,PIPELINES,USE   models of the zoo, USE of memory from 0 to 1\n"
    "  --small SEED,COUNT                          small ones in which everything binds\n"
    "  --chains SEED,COUNT,DEVICES,PIPELINES,LAYERS\n"
    "  --time-limit S      of each search (none)\n"
    "  --repeat N          searches for each row (5)\n"
    "  --threads N         that a planner may use (1)\n"
    "  --objective NAME    throughput, latency, energy\n"
    "  --parallel, --sequential   all planners run like this, instead of each its own way\n"
    "  --simulate          what plans reach, event by event\n"
    "  --json              one object a line\n";

static bool take_objective(struct request *r, const char *name)
{
    const int objective = syn_objective_find(name);
    if (objective < 0)
        return false;
    r->objective = (enum syn_objective)objective;
    return true;
}

static bool take_count(unsigned *count, unsigned most, const char *value)
{
    *count = (unsigned)strtoul(value, NULL, 10);
    return *count >= 1 && *count <= most;
}

/* Which problems. */
static bool take_problem(struct request *r, int option, const char *value)
{
    switch (option) {
    case 'w':
        return (r->workloads = value) != NULL;
    case 'l':
        return (r->labs = value) != NULL;
    case 'd':
        return (r->devices = value) != NULL;
    case 'r':
        return bench_cases_large(&r->cases, value);
    case 's':
        return bench_cases_small(&r->cases, value);
    case 'c':
        return bench_cases_chains(&r->cases, value);
    case 'o':
        return take_objective(r, value);
    default:
        return false;
    }
}

/* How they are solved and printed. */
static bool take(struct request *r, int option, const char *value)
{
    switch (option) {
    case 'p':
        return (r->planners = value) != NULL;
    case 't':
        return (r->options.time_limit_s = strtod(value, NULL)) > 0;
    case 'n':
        return take_count(&r->options.repeat, BENCH_REPEAT_MAX, value);
    case 'T':
        return take_count(&r->options.threads, 64, value);
    case 'P':
        return r->options.parallel = true;
    case 'S':
        return r->options.sequential = true;
    case 'm':
        return r->options.simulate = true;
    case 'j':
        return r->json = true;
    default:
        return take_problem(r, option, value);
    }
}

static bool parse(struct request *r, int argc, char **argv)
{
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!take(r, option, optarg))
            return false;
    const bool workloads = r->workloads || r->labs || r->devices || r->cases.count == 0;
    return optind == argc &&
           (!workloads ||
            bench_cases_workloads(&r->cases, r->workloads ? r->workloads : "all",
                                  r->labs ? r->labs : "all", r->devices ? r->devices : "4"));
}

/* Is `name` one of the words between commas? */
static bool wanted(const char *list, const char *name)
{
    const size_t n = strlen(name);
    if (!strcmp(list, "all"))
        return true;
    for (const char *at = list; (at = strstr(at, name)); at += n)
        if ((at == list || at[-1] == ',') && (at[n] == ',' || at[n] == '\0'))
            return true;
    return false;
}

static void run_planner(const struct request *r, const struct bench_case *one,
                        const struct syn_problem *problem, const struct syn_planner *planner)
{
    static struct bench_row row;
    bench_case_names(one, row.workload, row.lab);
    bench_measure(problem, planner, &r->options, &row);
    if (r->json)
        bench_print_json(problem, &row);
    else
        bench_print_row(&row);
    (void)fflush(stdout);
}

static void run_case(const struct request *r, const struct bench_case *one)
{
    struct rig rig;
    bench_case_make(one, &rig);
    rig.problem.objective = r->objective;
    for (const struct syn_planner *const *p = syn_planners; *p; p++)
        if (wanted(r->planners, (*p)->name))
            run_planner(r, one, &rig.problem, *p);
    if (bench_glpk && strcmp(r->planners, "all") != 0 && wanted(r->planners, "glpk"))
        run_planner(r, one, &rig.problem, bench_glpk);
    rig_free(&rig);
}

int main(int argc, char **argv)
{
    static struct request request = {.options = {.repeat = 5, .threads = 1}, .planners = "all"};
    if (!parse(&request, argc, argv)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    if (!request.json)
        bench_print_head();
    for (unsigned i = 0; i < request.cases.count; i++)
        run_case(&request, &request.cases.list[i]);
    return 0;
}
