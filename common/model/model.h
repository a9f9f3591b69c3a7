/* model.h -- everything of common/model: models as they are trained and as they run, and their folders. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "common/model/adapter.h"
#include "common/model/backbone.h"
#include "common/model/beam.h"
#include "common/model/bert.h"
#include "common/model/classifier.h"
#include "common/model/bottleneck.h"
#include "common/model/bottleneck.h"
#include "common/model/classifier.h"
#include "common/model/config.h"
#include "common/model/decoder.h"
#include "common/model/encoder.h"
#include "common/model/folder.h"
#include "common/model/lm.h"
#include "common/model/log.h"
#include "common/model/quantised.h"
#include "common/model/resume.h"
#include "common/model/run.h"
#include "common/model/safetensors.h"
#include "common/model/sample.h"
#include "common/model/session.h"

#endif
