/* test_hosts.c -- ch05/pretrain_gpt on three hosts with addresses of their own, which ch04/cluster/three_hosts.sh makes
 * of namespaces; skipped, with the reason, where the system does not allow them. */
#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { STEPS = 20, SKIPPED = 77 };

#define TRAIN                                                                                              \
    "./ch05/pretrain_gpt --layers 2 --heads 2 --channels 16 --context 16 --batch 6 --sample 0 --steps 20 " \
    "--eval-every 20 --eval-batches 2 --corpus $D/text "
#define HOSTS "timeout 240 ch04/cluster/three_hosts.sh "
#define LONG "--steps 3000 --eval-every 3000 --save-every 5 --schedule constant --warmup 0 "

static char printed[8192];

static int run(const char *command)
{
    char line[2048];
    snprintf(line, sizeof line, "(%s) 2>&1", command);
    FILE *p = popen(line, "r");
    ck_assert_ptr_nonnull(p);
    printed[fread(printed, 1, sizeof printed - 1, p)] = '\0';
    int status = pclose(p);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void must_run(const char *command)
{
    ck_assert_msg(run(command) == 0, "%s\n%s", command, printed);
}

static bool is_possible(void)
{
    if (run("command -v mpirun && ldd ch05/pretrain_gpt | grep -q libmpi && mpirun --version | grep -q "
            "'Open MPI'") != 0) {
        puts("skipped: Open MPI is not here");
        return false;
    }
    int status = run(HOSTS "true");
    ck_assert_msg(status == 0 || status == SKIPPED, "status %d\n%s", status, printed);
    if (status == SKIPPED)
        printf("skipped: %s", printed);
    return status == 0;
}

/* The losses of a log. */
static void losses(const char *name, double out[STEPS])
{
    char command[256];
    snprintf(command, sizeof command, "grep -o '\"loss\": [0-9.]*' $D/%s/log.jsonl | cut -d ' ' -f 2",
             name);
    must_run(command);
    char *at = printed;
    for (int i = 0; i < STEPS; i++)
        out[i] = strtod(at, &at);
}

static void check_losses(const char *a, const char *b)
{
    double x[STEPS], y[STEPS];
    losses(a, x);
    losses(b, y);
    for (int i = 0; i < STEPS; i++)
        ck_assert_msg(x[i] > 0 && fabs(x[i] - y[i]) <= 1e-4, "step %d: %.9g and %.9g", i + 1, x[i], y[i]);
}

static char folder[64];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_hosts.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("D", folder, 1);
    setenv("OMP_NUM_THREADS", "1", 1);
    must_run("head -n 400 common/text/tinyshakespeare.txt > $D/text");
}

static void remove_folder(void)
{
    must_run("rm -rf $D");
}

START_TEST(three_hosts_train_one_model)
{
    if (!is_possible())
        return;
    must_run(TRAIN "--out $D/one");
    must_run(HOSTS "mpirun -n 3 --map-by node " TRAIN "--out $D/three");
    ck_assert_msg(strstr(printed, "3 ranks: 1 on node1, 1 on node2, 1 on node3"), "%s", printed);
    check_losses("one", "three");
    must_run("test `ip netns list | grep -c '^node'` = 0"); /* nothing of it is left */
}
END_TEST

START_TEST(a_rank_on_another_host_is_killed)
{
    if (!is_possible())
        return;
    int status = run(
        HOSTS
        "sh -c 'mpirun -n 3 --map-by node " TRAIN LONG "--out $D/m & "
        "while ! grep -q \"\\\"step\\\": 11,\" $D/m/log.jsonl; do sleep 0.02; done; date +%s >$D/begin; "
        "kill -9 `grep -lz ^OMPI_COMM_WORLD_RANK=1$ /proc/[0-9]*/environ | cut -d / -f 3`; wait $!'");
    ck_assert_msg(status != 0 && strstr(printed, "rank 1 ") &&
                      strstr(strstr(printed, "rank 1 "), "node2") && strstr(printed, "signal 9"),
                  "%d\n%s", status, printed);
    must_run("test $((`date +%s` - `cat $D/begin`)) -le 10");
    must_run(HOSTS "mpirun -n 2 --map-by node " TRAIN LONG "--steps 20 --resume --out $D/m");
    ck_assert_msg(strstr(printed, "2 ranks: 1 on node1, 1 on node2") && strstr(printed, "resumed at step "),
                  "%s", printed);
    must_run(TRAIN LONG "--steps 20 --out $D/one");
    check_losses("one", "m");
}
END_TEST

/* What is bad on one host is said by the rank there. */
START_TEST(a_file_is_missing_on_one_host)
{
    if (!is_possible())
        return;
    must_run("printf '#!/bin/sh\\n[ `hostname` = node3 ] && set -- \"$@\" --corpus /none\\nexec \"$@\"\\n' "
             "> $D/run; chmod +x $D/run");
    ck_assert_int_ne(run(HOSTS "mpirun -n 3 --map-by node $D/run " TRAIN "--out $D/m"), 0);
    ck_assert_msg(strstr(printed, "rank 2 on node3: /none: No such file"), "%s", printed);
    must_run("! test -e $D/m/model.safetensors");
}
END_TEST

/* Slurm and Kubernetes are not here; that their files can be read is. */
START_TEST(files_for_clusters)
{
    must_run("sh -n ch04/cluster/three_hosts.sh && sh -n ch04/cluster/agent.sh && ! grep -v '^#' "
             "ch04/cluster/hostfile | "
             "grep -v '^node[1-3] slots=2$'");
    if (run("command -v bash") == 0)
        must_run("bash -n ch04/cluster/pretrain.sbatch && test `grep -c '^#SBATCH --[a-z-]*' "
                 "ch04/cluster/pretrain.sbatch` = 9");
    else
        puts("skipped: bash is not here");
    if (run("python3 -c 'import yaml'") == 0)
        must_run("python3 -c \"import yaml; d = yaml.safe_load(open('ch04/cluster/mpijob.yaml')); s = "
                 "d['spec']['mpiReplicaSpecs']; "
                 "assert d['apiVersion'] == 'kubeflow.org/v2beta1' and d['kind'] == 'MPIJob'; "
                 "assert s['Launcher']['replicas'] == 1 and s['Worker']['replicas'] == 3; "
                 "assert ' -n %d ' % (3 * d['spec']['slotsPerWorker']) in "
                 "s['Launcher']['template']['spec']['containers'][0]['args'][0]\"");
    else
        puts("skipped: python3-yaml is not here");
    must_run(
        "./ch05/pretrain_gpt --help > $D/help; cat ch04/cluster/pretrain.sbatch ch04/cluster/mpijob.yaml | "
        "grep -v '^#' | grep -o -e '--[a-z][a-z-]* ' | grep -v bind-to | sort -u > $D/used; "
        "test `wc -l < $D/used` -ge 5 && while read o; do grep -q -e \" $o \" $D/help || exit 1; done < "
        "$D/used");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("hosts");
    TCase *t = tcase_create("three_hosts");
    tcase_set_timeout(t, 600);
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_test(t, three_hosts_train_one_model);
    tcase_add_test(t, a_rank_on_another_host_is_killed);
    tcase_add_test(t, a_file_is_missing_on_one_host);
    tcase_add_test(t, files_for_clusters);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
