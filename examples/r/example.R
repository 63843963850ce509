# Fits a mixture to R's copy of Old Faithful, saves it and loads it again:   Rscript example.R
library(gaussmix)

model <- gm_fit(faithful, 2)
print(model)
table(predict(model, faithful))

print(gm_criteria(model, faithful))
counts <- rep(2, nrow(faithful))
stopifnot(isTRUE(all.equal(
  gm_criteria(model, faithful, counts),
  gm_criteria(model, rbind(faithful, faithful))
)))

two_places <- gm_fit(matrix(rep(c(1, 5), each = 10)), 2)
stopifnot(length(coef(two_places)$collapsed) == 2, length(coef(model)$collapsed) == 0)

holes <- as.matrix(faithful)
holes[seq(1, nrow(holes), 5), 2] <- NA
around <- gm_fit(holes, 2, missing = "em")
filled <- gm_impute(around, holes)
stopifnot(coef(around)$missing, !anyNA(filled), all(filled[!is.na(holes)] == holes[!is.na(holes)]))
stopifnot(mean(abs(filled - faithful)[is.na(holes)]) < 10, !anyNA(predict(around, holes)))
stopifnot(identical(dim(gm_impute(around, holes, n_draws = 3)), c(dim(holes), 3L)))

found <- gm_select(faithful, 1:4, c("VVV", "EEE", "VEV"))
print(found)
stopifnot(identical(coef(found$best), coef(found$models[[1]])), found$cells$n_components[1] == 3)
stopifnot(gm_select(holes, 1:2, "VVV", missing = "em")$cells$n_components[1] == 2)
set.seed(0)
outliers <- rbind(as.matrix(faithful), cbind(runif(40, -20, 30), runif(40, 0, 300)))
noisy <- gm_fit(outliers, 2, noise = TRUE)
stopifnot(coef(noisy)$noise_weight > 0.05, any(predict(noisy, outliers) == 0))
stopifnot(ncol(predict(noisy, outliers, "prob")) == 3)
stopifnot(is.null(coef(model)$noise_weight))

file <- tempfile(fileext = ".safetensors")
gm_save(model, file)
stopifnot(identical(coef(gm_load(file)), coef(model)))
