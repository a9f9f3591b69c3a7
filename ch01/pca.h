/* pca.h -- principal component analysis: the plane in which points with many channels spread most; section 1.2.2. */
#ifndef CH01_PCA_H
#define CH01_PCA_H

/* The coordinates of n points x (n,C) in the plane of the two directions with the largest variance, around their
 * mean: plane (n,2). share (2) says how much of all variance each direction has. The two directions are the first
 * eigenvectors of the covariance, found by power iteration: multiply a vector by the matrix, scale it to length 1,
 * and again; what does not point along the largest eigenvalue shrinks. n, C >= 2. */
void pca_plane(const float *x /* (n,C) */, int n, int C, float *plane /* (n,2) */, float *share /* (2) */);

#endif
