#include "version.h"

#include "check/check.h"
#include "image/nbd.h"
#include "refcow.h"
#include "sandbox/sandbox.h"
#include "text/complain.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* With all that a check can ask of the system: -p prints on stderr and asks for the time, --timeout for an alarm. */
static int check_as_users_do(const char *path, bool confined)
{
    char name[] = "check", progress[] = "-p", limit[] = "--timeout=60", file[64], unconfined[] = "--no-sandbox";
    char *words[] = {name, progress, limit, file, confined ? NULL : unconfined, NULL};

    snprintf(file, sizeof file, "%s", path);
    exit_code code = check_run(confined ? 4 : 5, words);
    return fclose(stdout) == 0 ? (int)code : EXIT_CODE_FAILED;
}

static void print_trial(const sandbox_trial *trial)
{
    if (trial->fails_anyway)
        puts("sandbox tried: no, a check of a test image fails without it too");
    else if (sandbox_trial_failed(trial))
        puts("sandbox tried: a check of a test image FAILS in it");
    else if (trial->was_made)
        puts("sandbox tried: a check of a test image ends well in it");
    else if (trial->error != 0)
        printf("sandbox tried: no, the system gives no test image or process: %s\n", strerror(trial->error));
}

/* Not what the command was built for, but what this system lets it do. The complaint comes first: a sandbox that kills
 * a check may kill what prints the rest. */
exit_code version_run(void)
{
    sandbox_trial trial = sandbox_try(check_as_users_do);
    const char *library = image_nbd_library();

    puts("refcow " REFCOW_VERSION_TEXT);
    if (trial.fails_anyway)
        complain_about_trial();
    else if (sandbox_trial_failed(&trial))
        complain_about_sandbox(trial.signal, trial.status);
    sandbox holds = sandbox_enter(SANDBOX_TALK_NONE, STDERR_FILENO);
    printf("confined by: %s%s%s%s\n", holds.seccomp ? "seccomp, " : "", holds.landlock ? "Landlock, " : "",
           holds.closed ? "closed descriptors, " : "", holds.limits ? "resource limits" : "no resource limits");
    printf("remote images: %s\n", library != NULL ? library : "none, built without libnbd");
    print_trial(&trial);
    return sandbox_trial_failed(&trial) ? EXIT_CODE_FAILED : EXIT_CODE_CLEAN;
}
