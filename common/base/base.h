/* base.h -- everything of common/base. */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include "common/base/arena.h"
#include "common/base/loss_band.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/file.h"
#include "common/base/options.h"
#include "common/base/rng.h"
#include "common/base/stats.h"
#include "common/base/table.h"
#include "common/base/terminal.h"
#include "common/base/threads.h"

#endif
